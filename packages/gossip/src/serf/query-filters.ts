import { compilePattern } from '@steppe/domain';
import type { QueryFilter } from '../wire/serf-message.js';

/** More filters than this are no honest query. */
const MAX_FILTERS = 32;

/** Whether a member is asked: all filters must let it through. A filter that is not understood lets nobody through. */
export function passesFilters(
  filters: readonly QueryFilter[],
  member: { readonly name: string; readonly tags: Readonly<Record<string, string>> },
): boolean {
  return filters.length <= MAX_FILTERS && filters.every((filter) => passes(filter, member));
}

function passes(filter: QueryFilter, { name, tags }: Parameters<typeof passesFilters>[1]): boolean {
  switch (filter.type) {
    case 'node':
      return filter.names.includes(name);
    case 'tag': {
      const value = Object.hasOwn(tags, filter.tag) ? (tags[filter.tag] as string) : '';
      return compilePattern(filter.expression)?.test(value) ?? false;
    }
    case 'unknown':
      return false;
  }
}
