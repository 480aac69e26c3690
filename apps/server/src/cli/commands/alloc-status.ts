import type { FlagTable } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { allocDetails } from './alloc-details.js';
import type { AllocUsageWire } from './alloc-usage.js';
import { usagePath } from './alloc-usage.js';
import type { AllocWire } from './alloc-wire.js';
import { findAlloc } from './alloc-lookup.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';
import { retrieveStats } from './retrieve-stats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  short: { kind: 'bool', usage: 'only the most important' },
  stats: { kind: 'bool', usage: 'of each task: everything its node tells about what it uses' },
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
    const usage = isRunning && !isShort ? await usageOf(client, alloc, io) : undefined;
    const shown = {
      isVerbose: flags.verbose === true,
      isShort,
      withStats: flags.stats === true,
      nowMs: Date.now(),
      usage,
    };
    io.writeOut(`${allocDetails(alloc, shown)}\n`);
    return 0;
  },
});

/** What the tasks use. */
async function usageOf(client: ApiClient, alloc: AllocWire, io: CliIo): Promise<AllocUsageWire | undefined> {
  return (await retrieveStats(client, usagePath(alloc), io)) as AllocUsageWire | undefined;
}
