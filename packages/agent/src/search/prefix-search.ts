import type { StateReader } from '@steppe/state';
import type { SearchContext } from './search-contexts.js';
import type { SearchScope } from './search-scope.js';

/** What a search found, and of which kinds there is more. */
export interface Found<Match> {
  readonly matches: Readonly<Record<string, readonly Match[] | null>>;
  readonly truncations: Readonly<Record<string, boolean>>;
}

/** Ids of one kind in a reply. */
const LIMIT = 20;

/** The first ids of each kind that begin with a text. */
export function prefixSearch(
  reader: StateReader,
  prefix: string,
  contexts: readonly SearchContext[],
  scope: SearchScope,
): Found<string> {
  const found = contexts.map(({ name, ids }) => [name, firstOf(ids(reader, prefix, scope), LIMIT)] as const);
  return {
    matches: Object.fromEntries(found.map(([name, { items }]) => [name, items.length === 0 ? null : items])),
    truncations: Object.fromEntries(found.map(([name, { isTruncated }]) => [name, isTruncated])),
  };
}

/** The first items, and whether there are more. */
export function firstOf<T>(
  all: Iterable<T>,
  limit: number,
): { readonly items: readonly T[]; readonly isTruncated: boolean } {
  const items: T[] = [];
  for (const item of all) {
    if (items.length === limit) return { items, isTruncated: true };
    items.push(item);
  }
  return { items, isTruncated: false };
}
