import { describe, expect, test } from '@jest/globals';
import { nodeOf } from '../testing/node-of.js';
import { ConditionCache, meets } from './condition.js';

const node = nodeOf('n1', {
  attributes: {
    'cpu.cores': '10',
    'os.version': '12.4',
    weight: '1.5',
    set: 'a, b,c',
    name: 'alder',
    semver: '1.7.0-beta',
  },
  meta: { rack: '7' },
  nodeClass: 'big',
});
const check = (left: string, operand: string, right: string): boolean =>
  meets({ left, operand, right }, node, new ConditionCache());

describe('meets', () => {
  test.each<[string, string, string, boolean]>([
    ['${attr.name}', '=', 'alder', true],
    ['${attr.name}', '==', 'birch', false],
    ['${attr.name}', 'is', 'alder', true],
    ['alder', '=', '${attr.name}', true],
    ['${attr.name}', '!=', 'birch', true],
    ['${attr.name}', 'not', 'alder', false],
    ['${attr.cpu.cores}', '>', '9', true],
    ['${attr.cpu.cores}', '<', '9', false],
    ['${attr.cpu.cores}', '>=', '10', true],
    ['${attr.weight}', '<=', '1.50', true],
    ['${attr.name}', '<', 'birch', true],
    ['${attr.none}', '<', '9', false],
    ['${attr.os.version}', 'version', '>= 12, < 13', true],
    ['${attr.os.version}', 'version', '~> 12.1', true],
    ['${attr.os.version}', 'version', '> 12.4', false],
    ['${attr.os.version}', 'version', 'soon', false],
    ['${attr.name}', 'version', '> 0', false],
    ['${attr.semver}', 'version', '>= 1.6', false],
    ['${attr.semver}', 'semver', '>= 1.6.0', true],
    ['${attr.os.version}', 'semver', '>= 1.0.0', false],
    ['${attr.name}', 'regexp', '^al', true],
    ['${attr.name}', 'regexp', 'x$', false],
    ['${attr.name}', 'regexp', '(', false],
    ['${attr.set}', 'set_contains', 'c, a', true],
    ['${attr.set}', 'set_contains_all', 'a,d', false],
    ['${attr.set}', 'set_contains_any', 'd , b', true],
    ['${attr.set}', 'set_contains_any', 'd', false],
    ['${attr.name}', 'is_set', '', true],
    ['${attr.none}', 'is_set', '', false],
    ['${attr.none}', 'is_not_set', '', true],
    ['${attr.name}', 'is_not_set', '', false],
    ['${attr.name}', '~', 'alder', false],
    ['${node.class}', '=', 'big', true],
    ['${node.datacenter}', '=', 'dc1', true],
    ['${node.unique.id}', '=', 'n1', true],
    ['${node.unique.name}', '=', 'n1', true],
    ['${node.pool}', '=', 'default', true],
    ['${meta.rack}', '=', '7', true],
    ['${attr.toString}', 'is_set', '', false],
    ['${other}', '=', '${other}', false],
  ])('%s %s %s is %p', (left, operand, right, expected) => {
    expect(check(left, operand, right)).toBe(expected);
  });

  test('row 116: what is missing differs from everything, and equals nothing', () => {
    for (const right of ['birch', '', '${attr.name}']) {
      expect(check('${attr.none}', '!=', right)).toBe(true);
      expect(check('${attr.none}', '=', right)).toBe(false);
    }
  });
});
