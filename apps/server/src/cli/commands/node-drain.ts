import { goQuote, isSteppeError, parseGoDuration } from '@steppe/domain';
import type { FlagTable, FlagValues } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import { DrainMonitor } from './drain-monitor.js';
import { chosenNode, demandNode, demandSwitch, NODE_SWITCH_FLAGS } from './node-choice.js';
import type { NodeWire } from './node-wire.js';

const FLAGS = {
  ...NODE_SWITCH_FLAGS,
  deadline: { kind: 'string', usage: 'after this time what still runs is stopped; default 1h' },
  force: { kind: 'bool', usage: 'stop everything at once' },
  'no-deadline': { kind: 'bool', usage: 'never hurry what still runs' },
  'ignore-system': { kind: 'bool', usage: 'leave system jobs alone' },
  'keep-ineligible': { kind: 'bool', usage: 'with -disable: take no new work afterwards' },
  detach: { kind: 'bool', usage: 'do not wait for the end' },
  monitor: { kind: 'bool', usage: 'change nothing, and tell how a drain goes that has begun' },
  m: { kind: 'string', usage: 'a note on why, kept with the drain' },
  meta: { kind: 'strings', usage: 'a <key>=<value> kept with the drain; may be repeated' },
  verbose: { kind: 'bool', usage: 'show ids in full' },
  yes: { kind: 'bool', usage: 'accepted: nothing is asked' },
} as const satisfies FlagTable;
type Flags = FlagValues<typeof FLAGS>;

export const nodeDrain = defineCommand({
  flags: FLAGS,
  takes: '[<node id or prefix>]',
  help: 'Has a node give up its work and take no more (-enable), or ends that (-disable). Tells how it goes until it is over.',
  run: async ({ flags, args, io }) => {
    if (flags.monitor === true) return monitorOnly(flags, args, io);
    const isEnabling = demandSwitch(flags, args);
    const spec = isEnabling
      ? { Deadline: deadlineOf(flags), IgnoreSystemJobs: flags['ignore-system'] === true }
      : demandNoSpec(flags);
    const meta = metaOf(flags);
    const client = clientOf({ flags, io });
    const id = await chosenNode(client, flags, args);
    await explained('Error updating drain specification: ', () =>
      client.put(
        `/v1/node/${id}/drain`,
        {},
        {
          NodeID: id,
          DrainSpec: spec,
          MarkEligible: !isEnabling && flags['keep-ineligible'] !== true,
          Meta: meta,
        },
      ),
    );
    io.writeOut(`Node ${goQuote(id)} drain strategy ${isEnabling ? 'set' : 'unset'}\n`);
    if (isEnabling && flags.detach !== true) await follow(client, id, flags, io);
    return 0;
  },
});

async function monitorOnly(flags: Flags, args: readonly string[], io: CliIo): Promise<number> {
  if (flags.enable === true || flags.disable === true || flags.detach === true) {
    throw new UsageError('-monitor cannot be combined with -enable, -disable or -detach');
  }
  demandNode(flags, args);
  const client = clientOf({ flags, io });
  const id = await chosenNode(client, flags, args);
  const node = (await client.get(`/v1/node/${id}`)) as NodeWire;
  if (node.Drain) await follow(client, id, flags, io);
  else io.writeOut(`No drain strategy set for node ${goQuote(id)}\n`);
  return 0;
}

const follow = (client: ApiClient, nodeId: string, { verbose }: Flags, io: CliIo): Promise<void> =>
  explained('Error monitoring drain: ', () =>
    new DrainMonitor(client, io, { nodeId, isVerbose: verbose === true }).run(),
  );

/** What is kept with the drain. @throws UsageError naming a pair that is none */
function metaOf({ m, meta = [] }: Flags): Readonly<Record<string, string>> | null {
  const pairs = meta.map((pair) => {
    const mark = pair.indexOf('=');
    if (mark < 1) throw new UsageError(`-meta must be <key>=<value>, got ${goQuote(pair)}`);
    return [pair.slice(0, mark), pair.slice(mark + 1)] as const;
  });
  if (m !== undefined) pairs.push(['message', m]);
  return pairs.length === 0 ? null : Object.fromEntries(pairs);
}

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
