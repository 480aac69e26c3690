import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/testing';
import { array, assert, constantFrom, integer, property } from 'fast-check';
import { FixedRandom } from '../testing/fixed-random.js';
import { ServerList } from './server-list.js';

/** A list in exactly the given order: this chance leaves every server where it is. */
const listOf = (...servers: readonly string[]): ServerList => {
  const list = new ServerList({ random: new FixedRandom(0.999_999) });
  list.replace(servers);
  expect(list.all()).toEqual(servers);
  return list;
};

describe('the list of servers', () => {
  test('is empty at first', () => {
    const list = new ServerList({ random: new SeededRandom(1) });
    expect([list.all(), list.first, list.size]).toEqual([[], undefined, 0]);
    list.failed('a');
    expect(list.all()).toEqual([]);
  });

  test('row 135: the same servers in another order change nothing', () => {
    const list = listOf('a', 'b', 'c');
    expect(list.replace(['c', 'b', 'a'])).toBe(false);
    expect(list.all()).toEqual(['a', 'b', 'c']);
  });

  test.each([[['a', 'b']], [['a', 'b', 'd']], [['a', 'b', 'c', 'd']], [['x', 'y']], [[]]])(
    'other servers (%j) replace the list',
    (servers) => {
      const list = listOf('a', 'b', 'c');
      expect(list.replace(servers)).toBe(true);
      expect(list.all().toSorted()).toEqual(servers);
    },
  );

  test('row 136: a failed server becomes the last, if it is the first', () => {
    const list = listOf('a', 'b', 'c');
    list.failed('a');
    expect(list.all()).toEqual(['b', 'c', 'a']);
    list.failed('b');
    expect(list.all()).toEqual(['c', 'a', 'b']);
    list.failed('a');
    list.failed('unknown');
    expect(list.all()).toEqual(['c', 'a', 'b']);
    const single = listOf('a');
    single.failed('a');
    expect(single.first).toBe('a');
  });

  test('whatever comes is in it once, in an order that chance decides', () => {
    const orders = new Set<string>();
    assert(
      property(array(constantFrom('a', 'b', 'c', 'd', 'e')), integer(), (servers, seed) => {
        const list = new ServerList({ random: new SeededRandom(seed) });
        list.replace(servers);
        expect(list.all().toSorted()).toEqual([...new Set(servers)].toSorted());
        expect(list.replace(servers.toReversed())).toBe(false);
        orders.add(list.all().join());
      }),
    );
    expect(orders.size).toBeGreaterThan(10);
  });

  describe('rebalancing', () => {
    test('turns to the first that answers and asks no further', async () => {
      const list = listOf('a', 'b', 'c');
      const asked: string[] = [];
      await list.rebalance((server) => Promise.resolve(asked.push(server) === 2));
      expect(asked).toEqual(['a', 'b']);
      expect(list.all()).toEqual(['b', 'c', 'a']);
    });

    test('asks in an order that chance decides', async () => {
      const list = new ServerList({ random: new SeededRandom(3) });
      list.replace(['a', 'b', 'c', 'd']);
      const firsts = new Set<string>();
      for (let i = 0; i < 40; i += 1) {
        await list.rebalance(() => Promise.resolve(true));
        firsts.add(list.first ?? '');
      }
      expect([...firsts].toSorted()).toEqual(['a', 'b', 'c', 'd']);
    });

    test('changes nothing when none answers', async () => {
      const list = new ServerList({ random: new SeededRandom(4) });
      list.replace(['a', 'b', 'c', 'd']);
      const before = list.all();
      await list.rebalance(() => Promise.resolve(false));
      expect(list.all()).toBe(before);
    });

    test('changes nothing when the list became another one meanwhile', async () => {
      const list = listOf('a', 'b');
      await list.rebalance(() => Promise.resolve(list.replace(['x', 'y'])));
      expect(list.all()).toEqual(['x', 'y']);
    });
  });
});
