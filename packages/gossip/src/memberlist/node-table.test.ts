import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/testing';
import type { NodeState } from '../wire/memberlist-message.js';
import type { GossipNode } from './delegate.js';
import { NodeTable } from './node-table.js';
import { NOMAD_VERSIONS } from './options.js';

const node = (name: string, state: NodeState = 'alive', lastByte = 1): GossipNode => ({
  name,
  address: Uint8Array.of(10, 0, 0, lastByte),
  host: `10.0.0.${lastByte}`,
  port: 7946,
  meta: new Uint8Array(),
  versions: NOMAD_VERSIONS,
  incarnation: 1,
  state,
  stateSinceMs: 0,
});
const tableOf = (nodes: readonly GossipNode[], seed = 1) => {
  const table = new NodeTable(new SeededRandom(seed));
  for (const each of nodes) table.insert(each);
  return table;
};
const any = () => true;
const byText = (a = '', b = '') => (a < b ? -1 : 1);
const isAlive = ({ state }: GossipNode) => state === 'alive';

test('names that look alike are different nodes', () => {
  const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];
  const table = tableOf([node(composed), node(decomposed), node('CAFÉ')]);
  expect(table.size).toBe(3);
  expect(table.get(decomposed)?.node.name).toBe(decomposed);
});

test('the list is the same frozen array until a node is added, changed or removed', () => {
  const table = tableOf([node('a')]);
  const first = table.nodes();
  expect(Object.isFrozen(first)).toBe(true);
  expect(table.nodes()).toBe(first);
  const added = table.insert(node('b'));
  const second = table.nodes();
  expect(second.map(({ name }) => name)).toEqual(['a', 'b']);
  table.update(added, node('b', 'dead'));
  const third = table.nodes();
  expect(third[1]?.state).toBe('dead');
  expect(table.remove(({ state }) => state === 'dead')).toBe(1);
  expect(table.remove(({ state }) => state === 'dead')).toBe(0);
  expect(table.nodes()).toEqual([node('a')]);
  expect(second).toHaveLength(2);
});

test('an address is known as long as any node has it', () => {
  const table = tableOf([node('a'), node('b')]);
  table.remove(({ name }) => name === 'a');
  expect(table.hasAddress('10.0.0.1', 7946)).toBe(true);
  table.update(table.get('b') as never, node('b', 'alive', 9));
  expect(table.hasAddress('10.0.0.1', 7946)).toBe(false);
  expect(table.hasAddress('10.0.0.9', 7946)).toBe(true);
});

describe('the probe order', () => {
  test('reaches every candidate once per round, and reports the end of each round', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const table = tableOf([...names.map((name) => node(name)), node('dead', 'dead')]);
    let wraps = 0;
    const round = () => names.map(() => table.nextToProbe(isAlive, () => (wraps += 1))?.node.name).sort(byText);
    expect(round()).toEqual(names);
    const before = wraps;
    expect(round()).toEqual(names);
    expect(wraps).toBe(before + 1);
  });

  test('gives up after one pass without a candidate', () => {
    const table = tableOf([node('a', 'left'), node('b', 'dead')]);
    expect(table.nextToProbe(isAlive, () => undefined)).toBeUndefined();
    expect(tableOf([]).nextToProbe(any, () => undefined)).toBeUndefined();
  });

  test('survives a purge at its end', () => {
    const table = tableOf([node('a'), node('b', 'dead'), node('c', 'dead')]);
    const purge = () => table.remove(({ state }) => state === 'dead');
    for (let i = 0; i < 5; i += 1) expect(table.nextToProbe(isAlive, purge)?.node.name).toBe('a');
    expect(table.size).toBe(1);
  });

  test('a new node is put at a random place, not always last', () => {
    const places = new Set<number>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const table = tableOf(
        ['a', 'b', 'c', 'new'].map((name) => node(name)),
        seed,
      );
      const order = [0, 1, 2, 3].map(() => table.nextToProbe(any, () => undefined)?.node.name);
      places.add(order.indexOf('new'));
    }
    expect([...places].sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });
});

describe('random picks', () => {
  test('find every candidate of a small table, without repeating one', () => {
    const table = tableOf([node('a'), node('b', 'dead'), node('c'), node('d', 'left')]);
    for (let i = 0; i < 50; i += 1) {
      expect(
        table
          .pick(3, isAlive)
          .map(({ name }) => name)
          .sort(byText),
      ).toEqual(['a', 'c']);
    }
  });

  test('are even', () => {
    const table = tableOf(Array.from({ length: 10 }, (_, i) => node(`n${i}`)));
    const counts = new Map<string, number>();
    for (let i = 0; i < 3_000; i += 1) {
      for (const { name } of table.pick(3, any)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 900)).toBeLessThan(120);
    expect(counts.size).toBe(10);
  });
});
