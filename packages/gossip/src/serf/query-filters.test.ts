import { describe, expect, test } from '@jest/globals';
import type { QueryFilter } from '../wire/serf-message.js';
import { passesFilters } from './query-filters.js';

const member = { name: 'web-1', tags: { role: 'web', dc: 'dc1' } };
const tag = (name: string, expression: string): QueryFilter => ({ type: 'tag', tag: name, expression });

describe('passesFilters', () => {
  test.each<[string, QueryFilter[], boolean]>([
    ['no filter', [], true],
    ['its name in the list', [{ type: 'node', names: ['x', 'web-1'] }], true],
    ['its name not in the list', [{ type: 'node', names: ['web-10'] }], false],
    ['an empty list', [{ type: 'node', names: [] }], false],
    ['a tag that matches somewhere', [tag('dc', 'c')], true],
    ['a tag that does not match', [tag('dc', '^c')], false],
    ['a missing tag against the empty string', [tag('zone', '^$')], true],
    ['an inherited name is no tag', [tag('toString', 'native')], false],
    ['two filters of which one fails', [tag('role', 'web'), tag('dc', 'dc2')], false],
    ['an expression that is not understood', [tag('role', '(?=web)')], false],
    ['an unknown filter', [{ type: 'unknown' }], false],
    ['more filters than are honest', Array.from({ length: 33 }, () => tag('role', 'web')), false],
  ])('%s', (_what, filters, expected) => expect(passesFilters(filters, member)).toBe(expected));
});
