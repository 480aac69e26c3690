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

test('what came after something is found again by that alone, whole and in its place', () => {
  const cache = new DecodedCache<{ text: string }>();
  const list = bytesOf('onetwothree');
  const parts = [
    [0, 3],
    [3, 6],
    [6, 11],
  ] as const;
  expect(cache.follow(list, 0, 11)).toBeUndefined();
  const values = parts.map(([start, end]) => ({ text: Buffer.from(list.subarray(start, end)).toString() }));
  parts.forEach(([start, end], i) => cache.set(list, start, end, values[i] as { text: string }));
  expect(cache.get(list, 0, 3)).toBe(values[0]);
  expect(cache.follow(list, 3, 11)?.value).toBe(values[1]);
  expect(cache.follow(list, 6, 10)).toBeUndefined();
  expect(cache.follow(list, 6, 11)).toMatchObject({ value: values[2], bytes: bytesOf('three') });
  expect(cache.follow(bytesOf('another'), 0, 7)).toBeUndefined();
});
