import { errorMessage } from '@steppe/domain';
import type { FlagTable, FlagValues } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { section } from '../format/section.js';
import { explained } from './acl-input.js';
import { allocTable } from './alloc-table.js';
import type { AllocUsageWire } from './alloc-usage.js';
import { usagePath } from './alloc-usage.js';
import type { AllocWire } from './alloc-wire.js';
import { demandTwoCharacters } from './id-lookup.js';
import { nodeDetails } from './node-details.js';
import { findNode, ownNodeId } from './node-lookup.js';
import { nodeResources } from './node-resources.js';
import { nodeTable } from './node-table.js';
import type { NodeUsageWire } from './node-usage.js';
import { nodeUsage } from './node-usage.js';
import type { NodeStubWire, NodeWire } from './node-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';
import { retrieveStats } from './retrieve-stats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  self: { kind: 'bool', usage: 'show the node of the agent that is asked' },
  short: { kind: 'bool', usage: 'of one node: only the most important' },
  stats: { kind: 'bool', usage: 'of one node: what each processor and disk is doing' },
  verbose: { kind: 'bool', usage: 'show everything' },
  quiet: { kind: 'bool', usage: 'only ids' },
  allocs: { kind: 'bool', usage: 'in the list: how many allocations run there' },
  os: { kind: 'bool', usage: 'in the list: show operating systems' },
  filter: { kind: 'string', usage: 'in the list: only nodes an expression is true of' },
  'per-page': { kind: 'int', usage: 'in the list: how many at a time' },
  'page-token': { kind: 'string', usage: 'in the list: where to begin' },
} as const satisfies FlagTable;
type Flags = FlagValues<typeof FLAGS>;

export const nodeStatus = defineCommand({
  flags: FLAGS,
  takes: '[<node id or prefix>]',
  help: 'Lists the client nodes of the region, or shows one of them in detail.',
  run: async ({ flags, args, io }) => {
    if (args.length > 1) throw new UsageError('This command takes either one or no arguments');
    if (flags.quiet === true && (flags.verbose === true || flags.json === true)) {
      throw new UsageError('-quiet cannot be used with -verbose or -json');
    }
    const client = clientOf({ flags, io });
    if (args[0] === undefined && flags.self !== true) return list(client, flags, io);
    const id = flags.self === true ? await ownNodeId(client) : (args[0] ?? '');
    demandTwoCharacters(id);
    return show(client, id, flags, io);
  },
});

async function list(client: ApiClient, flags: Flags, io: CliIo): Promise<number> {
  const query = {
    ...(flags.os === true ? { os: 'true' } : {}),
    ...(flags.filter === undefined ? {} : { filter: flags.filter }),
    ...(flags['per-page'] === undefined ? {} : { per_page: `${flags['per-page']}` }),
    ...(flags['page-token'] === undefined ? {} : { next_token: flags['page-token'] }),
  };
  const { value, nextToken } = await client.page('/v1/nodes', query).catch((error: unknown) => {
    throw new Error(`Error querying node status: ${errorMessage(error)}`, { cause: error });
  });
  const nodes = value as readonly NodeStubWire[];
  const other = formatted(flags, nodes);
  if (other !== undefined) io.writeOut(other);
  else if (nodes.length === 0) io.writeOut('No nodes registered\n');
  else if (flags.quiet === true) io.writeOut(nodes.map(({ ID }) => `${ID}\n`).join(''));
  else {
    const running = flags.allocs === true ? await runningOn(client, nodes) : undefined;
    io.writeOut(`${nodeTable(nodes, { isVerbose: flags.verbose === true, withOs: flags.os === true, running })}\n`);
    if (nextToken !== undefined) {
      io.writeOut(`\nResults have been paginated. To get the next page run:\n\n${nextPage(flags, nextToken)}\n`);
    }
  }
  return 0;
}

/** How many allocations run on each node. */
async function runningOn(client: ApiClient, nodes: readonly NodeStubWire[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { ID } of nodes) {
    const allocs = await allocsOn(client, ID);
    counts.set(ID, allocs.filter(isRunning).length);
  }
  return counts;
}

const isRunning = ({ ClientStatus }: AllocWire): boolean => ClientStatus === 'running';

const allocsOn = (client: ApiClient, id: string): Promise<readonly AllocWire[]> =>
  explained(
    'Error querying node allocations: ',
    async () => ((await client.get(`/v1/node/${id}/allocations`)) ?? []) as readonly AllocWire[],
  );

/** What its machine is doing. */
async function usageOf(client: ApiClient, id: string, io: CliIo): Promise<NodeUsageWire | undefined> {
  const asked = { path: '/v1/client/stats', query: { node_id: id } };
  return (await retrieveStats(client, asked, io)) as NodeUsageWire | undefined;
}

/** How many allocations are asked at a time what they use. */
const ASKED_AT_ONCE = 8;

/** What each of the allocations uses; those that cannot be asked are left out, and counted on standard error. */
async function usesOf(client: ApiClient, allocs: readonly AllocWire[], io: CliIo): Promise<readonly AllocUsageWire[]> {
  const uses: AllocUsageWire[] = [];
  const left = allocs.values();
  const askNext = async (): Promise<void> => {
    for (const alloc of left) {
      const { path, query } = usagePath(alloc);
      try {
        uses.push((await client.get(path, query)) as AllocUsageWire);
      } catch {
        // It has just ended, say, or its namespace is one where the caller may see less.
      }
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askNext));
  const missed = allocs.length - uses.length;
  if (missed > 0) io.writeError(`Couldn't retrieve stats of ${missed} of ${allocs.length} running allocations\n`);
  return uses;
}

/** The command that shows the page after this one. */
function nextPage(flags: Flags, token: string): string {
  const given = [
    ...(flags.verbose === true ? ['-verbose'] : []),
    ...(flags.allocs === true ? ['-allocs'] : []),
    ...(flags.os === true ? ['-os'] : []),
    ...(flags.filter === undefined ? [] : [`-filter='${flags.filter.replaceAll("'", String.raw`'\''`)}'`]),
    ...(flags['per-page'] === undefined ? [] : [`-per-page=${flags['per-page']}`]),
  ];
  return ['steppe node status', ...given, `-page-token=${token}`].join(' ');
}

async function show(client: ApiClient, id: string, flags: Flags, io: CliIo): Promise<number> {
  try {
    const stub = await findNode(client, id, { isVerbose: flags.verbose === true });
    if (typeof stub === 'string') {
      io.writeError(stub);
      return 1;
    }
    if (flags.quiet === true) {
      io.writeOut(`${stub.ID}\n`);
      return 0;
    }
    const node = (await client.get(`/v1/node/${encodeURIComponent(stub.ID)}`)) as NodeWire;
    const detail = { isVerbose: flags.verbose === true, isShort: flags.short === true };
    const other = formatted(flags, node);
    if (other !== undefined) {
      io.writeOut(other);
      return 0;
    }
    const parts = [nodeDetails(node, detail)];
    if (!detail.isShort) {
      const shown = { isVerbose: detail.isVerbose, nowMs: Date.now() };
      const allocs = await allocsOn(client, stub.ID);
      const running = allocs.filter(isRunning);
      parts.push(`${nodeResources(node, { running, uses: await usesOf(client, running, io) })}\n`);
      const usage = await usageOf(client, stub.ID, io);
      if (usage !== undefined) {
        const cpuShares = node.NodeResources?.Cpu?.CpuShares ?? 0;
        parts.push(`${nodeUsage(usage, { cpuShares, withStats: flags.stats === true })}\n`);
      }
      parts.push(`${section('Allocations', allocTable(allocs, shown))}\n`);
    }
    io.writeOut(parts.join('\n'));
    return 0;
  } catch (error) {
    throw new Error(`Error querying node info: ${errorMessage(error)}`, { cause: error });
  }
}
