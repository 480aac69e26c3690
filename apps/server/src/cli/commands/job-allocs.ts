import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand } from '../command.js';
import { explained } from './acl-input.js';
import { allocTable } from './alloc-table.js';
import type { AllocStubWire } from './alloc-wire.js';
import { demandJobId, findJob } from './job-lookup.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  all: { kind: 'bool', usage: 'those of earlier jobs of its name, too' },
  verbose: { kind: 'bool', usage: 'show everything' },
} as const satisfies FlagTable;

export const jobAllocs = defineCommand({
  flags: FLAGS,
  takes: '<job>',
  help: 'Lists the allocations of a job.',
  run: async ({ flags, args, io }) => {
    const client = clientOf({ flags, io });
    const { path, query } = await findJob(client, demandJobId(args));
    const allocs = (await explained('Error retrieving allocations: ', () =>
      client.get(`${path}/allocations`, { ...query, all: `${flags.all === true}` }),
    )) as readonly AllocStubWire[];
    const shown = { isVerbose: flags.verbose === true, nowMs: Date.now() };
    io.writeOut(formatted(flags, allocs) ?? `${allocTable(allocs, shown)}\n`);
    return 0;
  },
});
