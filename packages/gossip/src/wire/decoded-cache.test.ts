import { expect, test } from '@jest/globals';
import { DecodedCache } from './decoded-cache.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('the same bytes give the same value, wherever they stand', () => {
  const cache = new DecodedCache<{ text: string }>();
  expect(cache.get(bytesOf('news'), 0, 4)).toBeUndefined();
  const value = { text: 'news' };
  cache.set(bytesOf('news'), 0, 4, value);
  expect(cache.get(bytesOf('the news!'), 4, 8)).toBe(value);
  expect(cache.get(bytesOf('the news!'), 4, 9)).toBeUndefined();
  expect(cache.bytesOf(bytesOf('news'))).toEqual(bytesOf('news'));
  expect(cache.bytesOf(bytesOf('news'))).toBe(cache.bytesOf(bytesOf('news')));
  expect(cache.bytesOf(bytesOf('old'))).toBeUndefined();
});

test('a change of the bytes after they were decoded is no change of what is known', () => {
  const cache = new DecodedCache<{ text: string }>();
  const bytes = bytesOf('news');
  const value = { text: 'old' };
  cache.set(bytes, 0, 4, value);
  bytes[0] = 0;
  expect(cache.get(bytes, 0, 4)).toBeUndefined();
  expect(cache.get(bytesOf('news'), 0, 4)).toBe(value);
});

test('what is large is not kept', () => {
  const cache = new DecodedCache<object>();
  const large = new Uint8Array(10_000);
  cache.set(large, 0, large.length, {});
  expect(cache.get(large, 0, large.length)).toBeUndefined();
});

test('many more messages than places come out right, or not at all', () => {
  const cache = new DecodedCache<{ name: string }>();
  let known = 0;
  for (let i = 0; i < 20_000; i += 1) {
    const bytes = bytesOf(`member-${i}`);
    cache.set(bytes, 0, bytes.length, { name: `member-${i}` });
  }
  for (let i = 0; i < 20_000; i += 1) {
    const bytes = bytesOf(`member-${i}`);
    const value = cache.get(bytes, 0, bytes.length);
    if (value === undefined) continue;
    expect(value.name).toBe(`member-${i}`);
    known += 1;
  }
  expect(known).toBeGreaterThan(4_000);
});
