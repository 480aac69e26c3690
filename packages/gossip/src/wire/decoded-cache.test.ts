import { expect, test } from '@jest/globals';
import { DecodedCache } from './decoded-cache.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('the same bytes are decoded once and give the same value, wherever they stand', () => {
  const cache = new DecodedCache<{ text: string }>();
  let decoded = 0;
  const decode = () => ({ text: `value ${(decoded += 1)}` });
  const first = cache.get(bytesOf('news'), 0, 4, decode);
  expect(cache.get(bytesOf('the news!'), 4, 8, decode)).toBe(first);
  expect(decoded).toBe(1);
});

test('a change of the bytes after they were decoded is no change of what is known', () => {
  const cache = new DecodedCache<{ text: string }>();
  const bytes = bytesOf('news');
  const first = cache.get(bytes, 0, 4, () => ({ text: 'old' }));
  bytes[0] = 0;
  expect(cache.get(bytes, 0, 4, () => ({ text: 'new' }))).toEqual({ text: 'new' });
  expect(cache.get(bytesOf('news'), 0, 4, () => ({ text: 'again' }))).toBe(first);
});

test('what cannot be decoded, and what is large, is tried again each time', () => {
  const cache = new DecodedCache<object>();
  let tries = 0;
  const count = (value: object | undefined) => () => ((tries += 1), value);
  cache.get(bytesOf('bad'), 0, 3, count(undefined));
  cache.get(bytesOf('bad'), 0, 3, count(undefined));
  const large = new Uint8Array(10_000);
  cache.get(large, 0, large.length, count({}));
  cache.get(large, 0, large.length, count({}));
  expect(tries).toBe(4);
});

test('many more messages than places come out right', () => {
  const cache = new DecodedCache<{ name: string }>();
  for (let round = 0; round < 2; round += 1) {
    for (let i = 0; i < 20_000; i += 1) {
      const name = `member-${i}`;
      const bytes = bytesOf(name);
      expect(cache.get(bytes, 0, bytes.length, () => ({ name }))?.name).toBe(name);
    }
  }
});
