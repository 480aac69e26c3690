import { goQuote } from '@steppe/domain';
import type { FlagTable } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { Command } from '../command.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import { OUTPUT_FLAGS } from './output-formats.js';

const FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  verbose: { kind: 'bool', usage: 'show everything' },
} as const satisfies FlagTable;

interface Kind {
  readonly name: string;
  /** List that takes a `prefix`. */
  readonly path: string;
  /** Whether ids are UUIDs. */
  readonly isUuid: boolean;
  readonly load: () => Promise<Command>;
}

const KINDS: readonly Kind[] = [
  {
    name: 'job',
    path: '/v1/jobs',
    isUuid: false,
    load: async () => (await import('./job-status.js')).jobStatus,
  },
  {
    name: 'allocation',
    path: '/v1/allocations',
    isUuid: true,
    load: async () => (await import('./alloc-status.js')).allocStatus,
  },
  {
    name: 'evaluation',
    path: '/v1/evaluations',
    isUuid: true,
    load: async () => (await import('./eval-status.js')).evalStatus,
  },
  { name: 'node', path: '/v1/nodes', isUuid: true, load: async () => (await import('./node-status.js')).nodeStatus },
  {
    name: 'namespace',
    path: '/v1/namespaces',
    isUuid: false,
    load: async () => (await import('./namespace.js')).namespaceStatus,
  },
  {
    name: 'node pool',
    path: '/v1/node/pools',
    isUuid: false,
    load: async () => (await import('./node-pool.js')).nodePoolInfo,
  },
];

export const status = defineCommand({
  flags: FLAGS,
  takes: '[<id or prefix>]',
  help: 'Lists the jobs, or shows whatever an id or prefix names: a job, an allocation, an evaluation, a node, a namespace or a node pool.',
  run: async (invocation) => {
    const { args } = invocation;
    const [id] = args;
    if (args.length > 1) throw new UsageError('This command takes either no arguments or one: <id>');
    const kind = id === undefined ? KINDS[0] : await kindOf(clientOf(invocation), id);
    if (kind === undefined) throw new Error(`Unable to resolve ID: ${id}`);
    return (await kind.load()).run(invocation);
  },
});

/** What there is of that name; one named in full comes before those it is only the beginning of. */
async function kindOf(client: ApiClient, id: string): Promise<Kind | undefined> {
  const matches = await explained('Error querying: ', () =>
    Promise.all(KINDS.map(async (kind) => ({ kind, match: await matchOf(client, kind, id) }))),
  );
  const exact = matches.find(({ match }) => match === 'exact');
  if (exact !== undefined) return exact.kind;
  const found = matches.filter(({ match }) => match === 'prefix').map(({ kind }) => kind);
  if (found.length <= 1) return found[0];
  throw new Error(`Multiple types matched ${goQuote(id)}: ${found.map(({ name }) => name).join(', ')}`);
}

async function matchOf(client: ApiClient, { path, isUuid }: Kind, id: string): Promise<'exact' | 'prefix' | 'none'> {
  // Servers take whole bytes only; what cannot begin a UUID begins none.
  const digits = id.replaceAll('-', '');
  if (isUuid && !/^[0-9a-f]{2,32}$/i.test(digits)) return 'none';
  const prefix = isUuid && digits.length % 2 === 1 ? id.slice(0, -1) : id;
  const rows = (await client.get(path, { prefix })) as readonly { readonly ID?: string; readonly Name?: string }[];
  const names = rows.map(({ ID, Name = '' }) => ID ?? Name).filter((name) => name.startsWith(id));
  return names.includes(id) ? 'exact' : names.length > 0 ? 'prefix' : 'none';
}
