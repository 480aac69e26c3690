import { errorMessage, goQuote } from '@steppe/domain';
import type { FlagTable, FlagValues } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { nodeDetails } from './node-details.js';
import { nodeTable } from './node-table.js';
import type { NodeStubWire, NodeWire } from './node-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  self: { kind: 'bool', usage: 'show the node of the agent that is asked' },
  short: { kind: 'bool', usage: 'of one node: only the most important' },
  verbose: { kind: 'bool', usage: 'show everything' },
  quiet: { kind: 'bool', usage: 'only ids' },
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
    io.writeOut(`${nodeTable(nodes, { isVerbose: flags.verbose === true, withOs: flags.os === true })}\n`);
    if (nextToken !== undefined) {
      io.writeOut(`\nResults have been paginated. To get the next page run:\n\n${nextPage(flags, nextToken)}\n`);
    }
  }
  return 0;
}

/** The command that shows the page after this one. */
function nextPage(flags: Flags, token: string): string {
  const given = [
    ...(flags.verbose === true ? ['-verbose'] : []),
    ...(flags.os === true ? ['-os'] : []),
    ...(flags.filter === undefined ? [] : [`-filter='${flags.filter.replaceAll("'", String.raw`'\''`)}'`]),
    ...(flags['per-page'] === undefined ? [] : [`-per-page=${flags['per-page']}`]),
  ];
  return ['steppe node status', ...given, `-page-token=${token}`].join(' ');
}

async function ownNodeId(client: ApiClient): Promise<string> {
  let self: { readonly stats?: { readonly client?: { readonly node_id?: string } } };
  try {
    self = (await client.get('/v1/agent/self')) as typeof self;
  } catch (error) {
    throw new Error(`Error querying agent info: failed querying self endpoint: ${errorMessage(error)}`, {
      cause: error,
    });
  }
  const id = self.stats?.client?.node_id ?? '';
  if (id === '') throw new Error('The agent has no node of its own: it does not run in client mode');
  return id;
}

async function show(client: ApiClient, id: string, flags: Flags, io: CliIo): Promise<number> {
  if (id.length < 2) throw new Error('Identifier must contain at least two characters.');
  try {
    const found = (await client.get('/v1/nodes', { prefix: evenPrefix(id) })) as readonly NodeStubWire[];
    // A prefix of odd length is asked for without its last digit.
    const stubs = found.filter(({ ID }) => ID.startsWith(id.toLowerCase()));
    const [stub] = stubs;
    if (stub === undefined) {
      io.writeError(`No node(s) with prefix or id ${goQuote(id)} found\n`);
      return 1;
    }
    if (stubs.length > 1) {
      const table = nodeTable(stubs, { isVerbose: flags.verbose === true, withOs: false });
      io.writeError(`Prefix matched multiple nodes\n\n${table}\n`);
      return 1;
    }
    if (flags.quiet === true) {
      io.writeOut(`${stub.ID}\n`);
      return 0;
    }
    const node = (await client.get(`/v1/node/${encodeURIComponent(stub.ID)}`)) as NodeWire;
    const detail = { isVerbose: flags.verbose === true, isShort: flags.short === true };
    io.writeOut(formatted(flags, node) ?? nodeDetails(node, detail));
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new Error(`Error querying node info: ${errorMessage(error)}`, { cause: error });
  }
}

/** Nomad: servers take prefixes of ids with an even number of hexadecimal digits only. */
function evenPrefix(id: string): string {
  const digits = id.replaceAll('-', '').length;
  return digits % 2 === 0 ? id : id.slice(0, -1);
}
