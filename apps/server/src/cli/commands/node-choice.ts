import type { FlagTable } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import { CLIENT_FLAGS, UsageError } from '../command.js';
import { demandTwoCharacters } from './id-lookup.js';
import { nodeIdOf, ownNodeId } from './node-lookup.js';

/** Flags of a command that switches something of one node on or off. */
export const NODE_SWITCH_FLAGS = {
  ...CLIENT_FLAGS,
  enable: { kind: 'bool', usage: 'switch it on' },
  disable: { kind: 'bool', usage: 'switch it off' },
  self: { kind: 'bool', usage: 'the node of the agent that is asked' },
} as const satisfies FlagTable;

interface NodeSwitch {
  readonly enable?: boolean | undefined;
  readonly disable?: boolean | undefined;
  readonly self?: boolean | undefined;
}

/** Whether to switch on. @throws UsageError unless one of the two is asked for, of one node */
export function demandSwitch({ enable, disable, self }: NodeSwitch, args: readonly string[]): boolean {
  if ((enable === true) === (disable === true))
    throw new UsageError("Either the '-enable' or '-disable' flag must be set");
  demandNode({ self }, args);
  return enable === true;
}

/** @throws UsageError unless one node is meant */
export function demandNode({ self }: NodeSwitch, args: readonly string[]): void {
  if (args.length !== (self === true ? 0 : 1))
    throw new UsageError("Node ID must be specified if -self isn't being used");
}

/** Full id of the node that is meant. @throws an `Error` saying why there is none */
export async function chosenNode(client: ApiClient, { self }: NodeSwitch, args: readonly string[]): Promise<string> {
  const id = self === true ? await ownNodeId(client) : (args[0] ?? '');
  demandTwoCharacters(id);
  return nodeIdOf(client, id);
}
