import { describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { ExpiringMap } from './expiring-map.js';

describe('ExpiringMap', () => {
  test('an entry is gone when its time is over, unless it was set again', async () => {
    const clock = new SimClock();
    const map = new ExpiringMap<number>({ ttlMs: 100, maxSize: 10 }, { clock });
    map.set('a', 1);
    map.set('b', 2);
    await clock.advance(60);
    map.set('a', 3);
    await clock.advance(40);
    expect([map.get('a'), map.get('b'), map.size]).toEqual([3, undefined, 1]);
  });

  test('beyond its size it forgets the entry set longest ago', () => {
    const map = new ExpiringMap<number>({ ttlMs: 100, maxSize: 2 }, { clock: new SimClock() });
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 1);
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
  });

  test('a deleted entry is gone at once', () => {
    const map = new ExpiringMap<number>({ ttlMs: 100, maxSize: 2 }, { clock: new SimClock() });
    map.set('a', 1);
    map.delete('a');
    expect(map.get('a')).toBeUndefined();
  });
});
