import type { Job } from '@steppe/domain';
import type { StateReader } from '@steppe/state';
import { ALLOCATIONS, JOBS, NODES } from '@steppe/state';
import { jobOfRow } from '../scheduling/job-rows.js';
import type { Found } from './prefix-search.js';
import { firstOf } from './prefix-search.js';
import type { SearchContext } from './search-contexts.js';
import type { SearchScope } from './search-scope.js';

export interface FuzzySearchOptions {
  /** `server.search.limit_query`: objects of one kind with something in them that matches. */
  readonly limitQuery: number;
  /** `server.search.limit_results`: matches of one kind in a reply. */
  readonly limitResults: number;
}

/** Something with a name, and where it is: from the outside in. */
export interface FuzzyMatch {
  readonly id: string;
  readonly scope: readonly string[];
}

/** A name, and what kind of thing has it. */
interface Candidate extends FuzzyMatch {
  readonly kind: string;
}

/** Names in what the caller may see, object by object, by the context that they are searched in. */
const NAMES: Readonly<Record<string, (reader: StateReader, scope: SearchScope) => Iterable<readonly Candidate[]>>> = {
  *jobs(reader, scope) {
    const { namespace } = scope;
    for (const row of reader.range(JOBS, namespace === '*' ? {} : { prefix: `${namespace}/` })) {
      if (scope.isWithin(row.namespace)) yield namesIn(jobOfRow(reader, row));
    }
  },
  *allocs(reader, scope) {
    for (const { id, name, namespace } of reader.range(ALLOCATIONS)) {
      if (scope.isWithin(namespace)) yield [{ kind: 'allocs', id: name, scope: [namespace, id] }];
    }
  },
  *nodes(reader) {
    for (const { id, name, nodeClass } of reader.range(NODES)) {
      yield [
        { kind: 'nodes', id: name, scope: [id] },
        { kind: 'classes', id: nodeClass, scope: [id] },
      ];
    }
  },
  namespaces: (reader, scope) =>
    scope.namespaces(reader).map(({ name }) => [{ kind: 'namespaces', id: name, scope: [] }]),
  node_pools: (reader, scope) =>
    scope.nodePools(reader).map(({ name }) => [{ kind: 'node_pools', id: name, scope: [] }]),
};

function namesIn({ namespace, id, name, taskGroups }: Job): readonly Candidate[] {
  return [
    { kind: 'jobs', id: name, scope: [namespace, id] },
    ...taskGroups.flatMap((group): readonly Candidate[] => [
      { kind: 'groups', id: group.name, scope: [namespace, id] },
      ...group.tasks.flatMap((task): readonly Candidate[] => {
        const { command } = task.config;
        const own = [namespace, id, group.name];
        return [
          { kind: 'tasks', id: task.name, scope: own },
          ...(typeof command === 'string' ? [{ kind: 'commands', id: command, scope: [...own, task.name] }] : []),
        ];
      }),
    ]),
  ];
}

/** What has a text somewhere in its name, whatever the case; of kinds without names, whose id begins with it. */
export function fuzzySearch(
  reader: StateReader,
  text: string,
  contexts: readonly SearchContext[],
  scope: SearchScope,
  { limitQuery, limitResults }: FuzzySearchOptions,
): Found<FuzzyMatch> {
  const matches: Record<string, readonly FuzzyMatch[]> = {};
  const truncations: Record<string, boolean> = {};
  for (const { name, ids } of contexts) {
    const namesOf = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
    if (namesOf === undefined) {
      const { items, isTruncated } = firstOf(ids(reader, text, scope), Math.min(limitQuery, limitResults));
      matches[name] = items.map((id) => ({ id, scope: [] }));
      truncations[name] = isTruncated;
      continue;
    }
    const { items, isTruncated } = firstOf(matching(namesOf(reader, scope), text.toLowerCase()), limitQuery);
    for (const [kind, all] of byKind(items.flat())) {
      matches[kind] = all
        .toSorted(nearest(text.toLowerCase()))
        .slice(0, limitResults)
        .map(({ id, scope: where }) => ({ id, scope: where }));
      truncations[kind] = isTruncated || all.length > limitResults;
    }
  }
  return { matches, truncations };
}

/** Of each object what matches; objects without are left out. */
function* matching(objects: Iterable<readonly Candidate[]>, text: string): Iterable<readonly Candidate[]> {
  for (const candidates of objects) {
    const found = candidates.filter(({ id }) => id.toLowerCase().includes(text));
    if (found.length > 0) yield found;
  }
}

function byKind(all: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> {
  return new Map(
    [...new Set(all.map(({ kind }) => kind))].map((kind) => [kind, all.filter((each) => each.kind === kind)]),
  );
}

/** Earlier in the name before later, outer before inner, then by name. */
const nearest =
  (text: string) =>
  (a: Candidate, b: Candidate): number =>
    a.id.toLowerCase().indexOf(text) - b.id.toLowerCase().indexOf(text) ||
    a.scope.length - b.scope.length ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
