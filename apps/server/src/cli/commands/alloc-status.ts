import type { FlagTable } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import type { AllocUsageWire } from './alloc-details.js';
import { allocDetails } from './alloc-details.js';
import { findAlloc } from './alloc-lookup.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  short: { kind: 'bool', usage: 'only the most important' },
  stats: { kind: 'bool', usage: 'fail when its node does not tell what it uses' },
  verbose: { kind: 'bool', usage: 'show everything' },
} as const satisfies FlagTable;

export const allocStatus = defineCommand({
  flags: FLAGS,
  takes: '<allocation id or prefix>',
  help: 'Shows an allocation: where it runs, how its tasks are doing, and what they use.',
  run: async ({ flags, args, io }) => {
    const [prefix] = args;
    if (prefix === undefined || args.length > 1) throw new UsageError('This command takes one argument: <allocation>');
    const client = clientOf({ flags, io });
    const alloc = await findAlloc(client, prefix);
    const other = formatted(flags, alloc);
    if (other !== undefined) {
      io.writeOut(other);
      return 0;
    }
    const isShort = flags.short === true;
    const isRunning = alloc.ClientStatus === 'running';
    const usage = isRunning && !isShort ? await usageOf(client, alloc.ID, flags.stats === true) : undefined;
    const shown = { isVerbose: flags.verbose === true, isShort, nowMs: Date.now(), usage };
    io.writeOut(`${allocDetails(alloc, shown)}\n`);
    return 0;
  },
});

/** What the tasks use; its node may be out of reach, and everything else is worth showing then. */
async function usageOf(client: ApiClient, id: string, isDemanded: boolean): Promise<AllocUsageWire | undefined> {
  const asked = client.get(`/v1/client/allocation/${id}/stats`) as Promise<AllocUsageWire>;
  if (isDemanded) return explained('Error querying stats: ', () => asked);
  return asked.catch(() => undefined);
}
