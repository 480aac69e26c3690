import type { FlagTable, FlagValues } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import type { AllocStubWire } from './alloc-wire.js';
import type { EvalWire } from './eval-wire.js';
import { jobBasics, jobDetails } from './job-details.js';
import { findJob } from './job-lookup.js';
import { jobTable } from './job-table.js';
import type { JobStubWire, JobSummaryWire, JobWire } from './job-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  short: { kind: 'bool', usage: 'of one job: only the job itself' },
  evals: { kind: 'bool', usage: 'of one job: show its evaluations' },
  'all-allocs': { kind: 'bool', usage: 'of one job: allocations of earlier jobs of its name, too' },
  verbose: { kind: 'bool', usage: 'show everything' },
} as const satisfies FlagTable;
type Flags = FlagValues<typeof FLAGS>;

export const jobStatus = defineCommand({
  flags: FLAGS,
  takes: '[<job>]',
  help: 'Lists the jobs of a namespace, or shows how one of them is doing.',
  run: async ({ flags, args, io }) => {
    const [id] = args;
    if (args.length > 1) throw new UsageError('This command takes either no arguments or one: <job>');
    const client = clientOf({ flags, io });
    await (id === undefined ? list(client, flags, io) : show(client, id, flags, io));
    return 0;
  },
});

async function list(client: ApiClient, flags: Flags, io: CliIo): Promise<void> {
  const jobs = (await explained('Error querying jobs: ', () => client.get('/v1/jobs'))) as readonly JobStubWire[];
  const table =
    jobs.length === 0 ? 'No running jobs\n' : `${jobTable(jobs, { withNamespace: flags.namespace === '*' })}\n`;
  io.writeOut(formatted(flags, jobs) ?? table);
}

async function show(client: ApiClient, id: string, flags: Flags, io: CliIo): Promise<void> {
  const { path, query } = await findJob(client, id);
  const read = <T>(below: string, more = {}): Promise<T> =>
    explained('Error querying job: ', async () => (await client.get(`${path}${below}`, { ...query, ...more })) as T);
  const job = await read<JobWire>('');
  if (flags.short === true && flags.json !== true && flags.t === undefined) {
    io.writeOut(`${jobBasics(job)}\n`);
    return;
  }
  const [summary, allocs, evals] = await Promise.all([
    read<JobSummaryWire>('/summary'),
    read<readonly AllocStubWire[]>('/allocations', { all: `${flags['all-allocs'] === true}` }),
    read<readonly EvalWire[]>('/evaluations'),
  ]);
  const shown = { isVerbose: flags.verbose === true, withEvals: flags.evals === true, nowMs: Date.now() };
  io.writeOut(
    formatted(flags, { ...job, Summary: summary.Summary, Allocations: allocs, Evaluations: evals }) ??
      `${jobBasics(job)}\n\n${jobDetails({ summary, allocs, evals }, shown)}\n`,
  );
}
