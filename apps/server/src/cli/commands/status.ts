import { goQuote } from '@steppe/domain';
import type { FlagTable } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import type { Command } from '../command.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { explained } from './acl-input.js';
import { evenPrefix } from './id-lookup.js';
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

const JOB: Kind = {
  name: 'job',
  path: '/v1/jobs',
  isUuid: false,
  load: async () => (await import('./job-status.js')).jobStatus,
};
const KINDS: readonly Kind[] = [
  JOB,
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
    if (id === undefined) return (await JOB.load()).run(invocation);
    const { kind, name } = await explained('Error querying: ', () => meant(clientOf(invocation), id));
    return (await kind.load()).run({ ...invocation, args: [name] });
  },
});

/** The one thing that an id or prefix names; one named in full comes before those it is only the beginning of. */
async function meant(client: ApiClient, id: string): Promise<{ readonly kind: Kind; readonly name: string }> {
  const found = await Promise.all(KINDS.map(async (kind) => ({ kind, names: await namesOf(client, kind, id) })));
  const exact = found.find(({ names }) => names.includes(id));
  if (exact !== undefined) return { kind: exact.kind, name: id };
  const matches = found.flatMap(({ kind, names }) => names.map((name) => ({ kind, name })));
  const [match] = matches;
  if (match === undefined) throw new Error(`nothing has the id or prefix ${goQuote(id)}`);
  if (matches.length === 1) return match;
  const list = matches.map(({ kind, name }) => `${kind.name} ${name}`).join(', ');
  throw new Error(`prefix ${goQuote(id)} matched ${list}`);
}

/** Ids of one kind that begin so. */
async function namesOf(client: ApiClient, { path, isUuid }: Kind, id: string): Promise<readonly string[]> {
  // Servers take whole bytes only; what cannot begin a UUID begins none.
  const digits = id.replaceAll('-', '');
  if (isUuid && !/^[0-9a-f]{2,32}$/i.test(digits)) return [];
  const query = isUuid ? { ...client.anyNamespace, prefix: evenPrefix(id) } : { prefix: id };
  const rows = (await client.get(path, query)) as readonly {
    readonly ID?: string;
    readonly Name?: string;
  }[];
  const shown = isUuid ? id.toLowerCase() : id;
  return rows.map(({ ID, Name = '' }) => ID ?? Name).filter((name) => name.startsWith(shown));
}
