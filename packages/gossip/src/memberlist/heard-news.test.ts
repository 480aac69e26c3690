import { expect, test } from '@jest/globals';
import { HeardNews } from './heard-news.js';

test('knows what it was told, and nothing else', () => {
  const heard = new HeardNews();
  expect(heard.has(1)).toBe(false);
  for (const serial of [1, 32, 33, 60_000]) heard.add(serial);
  expect([1, 2, 31, 32, 33, 34, 59_999, 60_000].filter((serial) => heard.has(serial))).toEqual([1, 32, 33, 60_000]);
});

test('knows nothing of news without a serial', () => {
  const heard = new HeardNews();
  heard.add(undefined);
  expect(heard.has(undefined)).toBe(false);
});

test('remembers the last 32,768 at least, and never takes an older serial for a newer one', () => {
  const heard = new HeardNews();
  for (let serial = 1; serial <= 200_000; serial += 1) {
    if (serial % 3 !== 0) heard.add(serial);
  }
  for (let serial = 200_000 - 32_768; serial <= 200_000; serial += 1) {
    if (heard.has(serial) !== (serial % 3 !== 0)) throw new Error(`wrong about ${serial}`);
  }
  expect([1, 2, 100_000, 200_001, 300_000].some((serial) => heard.has(serial))).toBe(false);
  heard.add(1);
  expect(heard.has(1)).toBe(false);
});

test('forgets all when a serial comes from far ahead, and when it is told to', () => {
  const heard = new HeardNews();
  heard.add(5);
  heard.add(4_000_000_000);
  expect([heard.has(5), heard.has(4_000_000_000)]).toEqual([false, true]);
  heard.clear();
  expect(heard.has(4_000_000_000)).toBe(false);
});
