import type { Allocation, Evaluation } from '@steppe/domain';
import type { StateReader, Table } from '@steppe/state';
import { ALLOCATIONS, EVALUATIONS, JOBS, NAMESPACES, NODE_POOLS, NODES } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import type { SearchScope } from './search-scope.js';

/** A kind of object that can be searched for. */
export interface SearchContext {
  /** As requests and replies call it. */
  readonly name: string;
  readonly table: Table;
  /** Whether the caller can find any. */
  readonly isOpen: (scope: SearchScope) => boolean;
  /** The ids that begin with a text, of those that the caller may see, in their order; read lazily. */
  readonly ids: (reader: StateReader, prefix: string, scope: SearchScope) => Iterable<string>;
}

function* jobIds(reader: StateReader, prefix: string, scope: SearchScope): Iterable<string> {
  const { namespace } = scope;
  for (const row of reader.range(JOBS, namespace === '*' ? {} : { prefix: `${namespace}/${prefix}` })) {
    if (scope.isWithin(row.namespace) && row.id.startsWith(prefix)) yield row.id;
  }
}

/** Those with ids of their own, whatever the case they are written in. */
const byId = (table: Table<Evaluation> | Table<Allocation>) =>
  function* ids(reader: StateReader, prefix: string, scope: SearchScope): Iterable<string> {
    for (const { id, namespace } of reader.range<Evaluation | Allocation>(table, { prefix: prefix.toLowerCase() })) {
      if (scope.isWithin(namespace)) yield id;
    }
  };

function* nodeIds(reader: StateReader, prefix: string): Iterable<string> {
  for (const { id } of reader.range(NODES, { prefix: prefix.toLowerCase() })) yield id;
}

const named = (all: readonly { readonly name: string }[], prefix: string): readonly string[] =>
  all.map(({ name }) => name).filter((name) => name.startsWith(prefix));

const SEARCH_CONTEXTS: readonly SearchContext[] = [
  { name: 'allocs', table: ALLOCATIONS, isOpen: ({ hasJobs }) => hasJobs, ids: byId(ALLOCATIONS) },
  { name: 'evals', table: EVALUATIONS, isOpen: ({ hasJobs }) => hasJobs, ids: byId(EVALUATIONS) },
  { name: 'jobs', table: JOBS, isOpen: ({ hasJobs }) => hasJobs, ids: jobIds },
  {
    name: 'namespaces',
    table: NAMESPACES,
    isOpen: ({ hasNamespaces }) => hasNamespaces,
    ids: (reader, prefix, scope) => named(scope.namespaces(reader), prefix),
  },
  {
    name: 'node_pools',
    table: NODE_POOLS,
    isOpen: ({ hasNodePools }) => hasNodePools,
    ids: (reader, prefix, scope) => named(scope.nodePools(reader), prefix),
  },
  { name: 'nodes', table: NODES, isOpen: ({ hasNodes }) => hasNodes, ids: nodeIds },
];

/** Kinds that clients ask for and of which there are none here. */
const ABSENT: readonly string[] = ['deployment', 'host_volumes', 'plugins', 'scaling_policy', 'vars', 'volumes'];

/**
 * What a request asks for, as far as its caller can find any of it; nothing where there is none of it here.
 * @throws SEARCH_CONTEXT_UNKNOWN, PERMISSION_DENIED where that is nothing
 */
export function searchContexts(name: string, scope: SearchScope): readonly SearchContext[] {
  if (ABSENT.includes(name)) return [];
  const wanted = name === 'all' || name === '' ? SEARCH_CONTEXTS : SEARCH_CONTEXTS.filter((each) => each.name === name);
  if (wanted.length === 0) {
    throw apiError('SEARCH_CONTEXT_UNKNOWN', [...SEARCH_CONTEXTS.map((each) => each.name), ...ABSENT].toSorted(), name);
  }
  const open = wanted.filter(({ isOpen }) => isOpen(scope));
  if (open.length === 0) throw apiError('PERMISSION_DENIED');
  return open;
}
