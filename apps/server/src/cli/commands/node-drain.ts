import { errorMessage, goQuote, isSteppeError, parseGoDuration } from '@steppe/domain';
import type { FlagTable, FlagValues } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { clientOf, defineCommand, UsageError } from '../command.js';
import { chosenNode, demandSwitch, NODE_SWITCH_FLAGS } from './node-choice.js';
import type { NodeWire } from './node-wire.js';

const FLAGS = {
  ...NODE_SWITCH_FLAGS,
  deadline: { kind: 'string', usage: 'after this time what still runs is stopped; default 1h' },
  force: { kind: 'bool', usage: 'stop everything at once' },
  'no-deadline': { kind: 'bool', usage: 'never hurry what still runs' },
  'ignore-system': { kind: 'bool', usage: 'leave system jobs alone' },
  'keep-ineligible': { kind: 'bool', usage: 'with -disable: take no new work afterwards' },
  detach: { kind: 'bool', usage: 'do not wait for the end' },
  m: { kind: 'string', usage: 'a note on why, kept with the drain' },
  yes: { kind: 'bool', usage: 'accepted: nothing is asked' },
} as const satisfies FlagTable;
type Flags = FlagValues<typeof FLAGS>;

export const nodeDrain = defineCommand({
  flags: FLAGS,
  takes: '[<node id or prefix>]',
  help: 'Has a node give up its work and take no more (-enable), or ends that (-disable).',
  run: async ({ flags, args, io }) => {
    const isEnabling = demandSwitch(flags, args);
    const spec = isEnabling
      ? { Deadline: deadlineOf(flags), IgnoreSystemJobs: flags['ignore-system'] === true }
      : demandNoSpec(flags);
    const client = clientOf({ flags, io });
    const id = await chosenNode(client, flags, args);
    let modified: number;
    try {
      const reply = await client.put(
        `/v1/node/${id}/drain`,
        {},
        {
          NodeID: id,
          DrainSpec: spec,
          MarkEligible: !isEnabling && flags['keep-ineligible'] !== true,
          Meta: flags.m === undefined ? null : { message: flags.m },
        },
      );
      modified = (reply as { readonly NodeModifyIndex: number }).NodeModifyIndex;
    } catch (error) {
      throw new Error(`Error updating drain specification: ${errorMessage(error)}`, { cause: error });
    }
    io.writeOut(`Node ${goQuote(id)} drain strategy ${isEnabling ? 'set' : 'unset'}\n`);
    if (isEnabling && flags.detach !== true) await watchDrain(client, { id, modified }, io);
    return 0;
  },
});

/** Nanoseconds as the API counts them: 0 without a deadline, below 0 for at once. */
function deadlineOf(flags: Flags): number {
  const given = [flags.deadline !== undefined, flags.force === true, flags['no-deadline'] === true];
  if (given.filter(Boolean).length > 1) {
    throw new UsageError('-deadline, -force and -no-deadline are mutually exclusive');
  }
  if (flags.force === true) return -1;
  if (flags['no-deadline'] === true) return 0;
  const text = flags.deadline ?? '1h';
  try {
    const nanoseconds = Number(parseGoDuration(text));
    if (nanoseconds > 0) return nanoseconds;
  } catch (error) {
    if (!isSteppeError(error, 'DURATION_INVALID')) throw error;
  }
  throw new UsageError(`-deadline must be a positive duration such as 30m, got ${text}`);
}

function demandNoSpec(flags: Flags): null {
  if (flags.deadline === undefined && flags.force !== true && flags['no-deadline'] !== true) return null;
  throw new UsageError("-disable can't be combined with flags configuring drain strategy");
}

/** Tells when the drain is over. */
async function watchDrain(
  client: ApiClient,
  { id, modified }: { readonly id: string; readonly modified: number },
  io: CliIo,
): Promise<void> {
  let index = modified - 1;
  for (;;) {
    const node = (await client.get(`/v1/node/${id}`, { index: `${index}` })) as NodeWire;
    if (!node.Drain) {
      const outcome = node.LastDrain?.Status === 'canceled' ? 'canceled' : 'complete';
      io.writeOut(`Node ${goQuote(id)} drain ${outcome}\n`);
      return;
    }
    index = node.ModifyIndex;
  }
}
