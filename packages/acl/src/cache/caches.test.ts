import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AgingCache } from './aging-cache.js';
import { TwoQueueCache } from './two-queue-cache.js';

describe('the two-queue cache', () => {
  test('what is asked for twice survives any number of keys that are asked for once', () => {
    const cache = new TwoQueueCache<string, number>(8);
    cache.set('kept', 1);
    expect(cache.get('kept')).toBe(1);
    for (let n = 0; n < 1_000; n += 1) cache.set(`once-${n}`, n);
    expect(cache.get('kept')).toBe(1);
    expect(cache.get('once-0')).toBeUndefined();
  });

  test('a key that comes back soon after it left is kept from then on', () => {
    const cache = new TwoQueueCache<string, number>(8);
    for (let n = 0; n < 10; n += 1) cache.set(`${n}`, n);
    expect(cache.get('1')).toBeUndefined();
    cache.set('1', 1);
    for (let n = 10; n < 100; n += 1) cache.set(`${n}`, n);
    expect(cache.get('1')).toBe(1);
  });

  test('never holds more than its capacity, and never another value than the last one set', () => {
    const step = fc.record({ key: fc.nat(20), isSet: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const cache = new TwoQueueCache<number, number>(6);
        const last = new Map<number, number>();
        steps.forEach(({ key, isSet }, n) => {
          if (isSet) {
            cache.set(key, n);
            last.set(key, n);
            expect(cache.get(key)).toBe(n);
          } else expect([undefined, last.get(key)]).toContain(cache.get(key));
          expect(cache.size).toBeLessThanOrEqual(6);
        });
      }),
    );
  });
});

test('the aging cache forgets what was not used the longest', () => {
  const cache = new AgingCache<string, number>(2);
  cache.set('a', 1, 10);
  cache.set('b', 2, 20);
  expect(cache.get('a')).toEqual({ value: 1, atMs: 10 });
  cache.set('c', 3, 30);
  expect([cache.get('a')?.value, cache.get('b'), cache.get('c')?.value, cache.size]).toEqual([1, undefined, 3, 2]);
  cache.delete('a');
  expect(cache.get('a')).toBeUndefined();
});
