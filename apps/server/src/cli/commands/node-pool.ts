import { goQuote, NODE_POOL_WIRE, parseNodePoolHcl } from '@steppe/domain';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { formatColumns, formatKeyValues } from '../format/columns.js';
import { section } from '../format/section.js';
import { explained } from './acl-input.js';
import { jobTable } from './job-table.js';
import type { JobStubWire } from './job-wire.js';
import type { NodePoolWire } from './namespace-wire.js';
import { nodeTable, orNone } from './node-table.js';
import type { NodeStubWire } from './node-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';
import { readNamed } from './spec-file.js';

const path = (name: string): string => `/v1/node/pool/${encodeURIComponent(name)}`;

function demandName(args: readonly string[]): string {
  const [name] = args;
  if (name === undefined || args.length > 1) throw new UsageError('This command takes one argument: <node pool>');
  return name;
}

export const nodePoolList = defineCommand({
  flags: {
    ...CLIENT_FLAGS,
    ...OUTPUT_FLAGS,
    filter: { kind: 'string', usage: 'only pools an expression is true of' },
  },
  takes: '',
  help: 'Lists the node pools that the caller may see.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const query = flags.filter === undefined ? {} : { filter: flags.filter };
    const pools = (await explained('Error querying node pools: ', () =>
      clientOf({ flags, io }).get('/v1/node/pools', query),
    )) as readonly NodePoolWire[];
    const rows = pools.map(({ Name, Description }) => [Name, orNone(Description)]);
    io.writeOut(formatted(flags, pools) ?? `${formatColumns([['Name', 'Description'], ...rows])}\n`);
    return 0;
  },
});

export const nodePoolInfo = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '<node pool>',
  help: 'Shows a node pool, and what schedulers do differently on its nodes.',
  run: async ({ flags, args, io }) => {
    const name = demandName(args);
    const pool = (await explained('Error retrieving node pool: ', () =>
      clientOf({ flags, io }).get(path(name)),
    )) as NodePoolWire;
    io.writeOut(formatted(flags, pool) ?? `${poolDetails(pool)}\n`);
    return 0;
  },
});

function poolDetails({ Name, Description, Meta, SchedulerConfiguration: scheduler }: NodePoolWire): string {
  const meta = Object.entries(Meta ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const settings: (readonly [string, string])[] = [];
  if (scheduler && scheduler.SchedulerAlgorithm !== '') {
    settings.push(['Scheduler Algorithm', scheduler.SchedulerAlgorithm]);
  }
  const isOversubscribed = scheduler?.MemoryOversubscriptionEnabled ?? undefined;
  if (isOversubscribed !== undefined) settings.push(['Memory Oversubscription', `${isOversubscribed}`]);
  return [
    formatKeyValues([
      ['Name', Name],
      ['Description', orNone(Description)],
    ]),
    section('Metadata', meta.length === 0 ? 'No metadata' : formatKeyValues(meta)),
    section('Scheduler Configuration', settings.length === 0 ? 'That of the region' : formatKeyValues(settings)),
  ].join('\n\n');
}

export const nodePoolApply = defineCommand({
  flags: { ...CLIENT_FLAGS, json: { kind: 'bool', usage: 'the file is JSON, whatever it looks like' } },
  takes: '<file, or ->',
  help: 'Adds a node pool, or replaces the one of its name, from a file, HCL or JSON.',
  run: async ({ flags, args, io }) => {
    const [file] = args;
    if (file === undefined || args.length > 1) throw new UsageError('This command takes one argument: <path>');
    const reading = {
      isJson: flags.json === true,
      what: 'node pool',
      parseHcl: (source: string) => NODE_POOL_WIRE.encode(parseNodePoolHcl(source)),
    };
    const pool = await readNamed(file, reading, io);
    await explained('Error applying node pool: ', () => clientOf({ flags, io }).put('/v1/node/pools', {}, pool));
    io.writeOut(`Successfully applied node pool ${goQuote(pool.Name)}!\n`);
    return 0;
  },
});

export const nodePoolDelete = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '<node pool>',
  help: 'Deletes a node pool that has neither nodes nor jobs.',
  run: async ({ flags, args, io }) => {
    const name = demandName(args);
    await explained('Error deleting node pool: ', () => clientOf({ flags, io }).delete(path(name)));
    io.writeOut(`Successfully deleted node pool ${goQuote(name)}!\n`);
    return 0;
  },
});

export const nodePoolJobs = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '<node pool>',
  help: 'Lists the jobs of a node pool.',
  run: async ({ flags, args, io }) => {
    const name = demandName(args);
    const jobs = (await explained('Error querying node pool jobs: ', () =>
      clientOf({ flags, io }).get(`${path(name)}/jobs`),
    )) as readonly JobStubWire[];
    const table = jobs.length === 0 ? 'No jobs' : jobTable(jobs, { withNamespace: flags.namespace === '*' });
    io.writeOut(formatted(flags, jobs) ?? `${table}\n`);
    return 0;
  },
});

export const nodePoolNodes = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS, verbose: { kind: 'bool', usage: 'show everything' } },
  takes: '<node pool>',
  help: 'Lists the nodes of a node pool.',
  run: async ({ flags, args, io }) => {
    const name = demandName(args);
    const nodes = (await explained('Error querying node pool nodes: ', () =>
      clientOf({ flags, io }).get(`${path(name)}/nodes`),
    )) as readonly NodeStubWire[];
    const table =
      nodes.length === 0 ? 'No nodes' : nodeTable(nodes, { isVerbose: flags.verbose === true, withOs: false });
    io.writeOut(formatted(flags, nodes) ?? `${table}\n`);
    return 0;
  },
});
