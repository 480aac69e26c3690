import { expect, test } from '@jest/globals';
import { SeededRandom } from './seeded-random.js';

const take = (random: SeededRandom, count: number): number[] => Array.from({ length: count }, () => random.next());

test('the same seed gives the same sequence, another seed another one', () => {
  expect(take(new SeededRandom(7), 50)).toEqual(take(new SeededRandom(7), 50));
  expect(take(new SeededRandom(7), 50)).not.toEqual(take(new SeededRandom(8), 50));
});

test('numbers spread over [0, 1)', () => {
  const numbers = take(new SeededRandom(1), 10_000);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  const tenths = Array.from({ length: 10 }, (_, i) => numbers.filter((n) => Math.floor(n * 10) === i).length);
  for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});

test('UUIDs have the form of version 4 and do not repeat', () => {
  const random = new SeededRandom(3);
  const ids = Array.from({ length: 1_000 }, () => random.uuid());
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
  expect(new Set(ids).size).toBe(1_000);
});
