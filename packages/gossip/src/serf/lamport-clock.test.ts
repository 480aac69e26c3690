import { describe, expect, test } from '@jest/globals';
import { LamportClock } from './lamport-clock.js';

describe('LamportClock', () => {
  test('starts at 1 and hands out each time once', () => {
    const clock = new LamportClock();
    expect([clock.next(), clock.next(), clock.time]).toEqual([1, 2, 3]);
  });

  test.each([
    [1, 1, 2],
    [1, 7, 8],
    [8, 7, 8],
    [8, 8, 9],
  ])('at %i, witnessing %i moves it to %i', (start, witnessed, expected) => {
    const clock = new LamportClock();
    while (clock.time < start) clock.next();
    expect(clock.witness(witnessed)).toBe(true);
    expect(clock.time).toBe(expected);
  });

  test('a time more than 2^32 ahead is refused and moves nothing', () => {
    const clock = new LamportClock();
    expect(clock.witness(2 ** 32 + 2)).toBe(false);
    expect(clock.time).toBe(1);
    expect(clock.witness(2 ** 32 + 1)).toBe(true);
    expect(clock.time).toBe(2 ** 32 + 2);
  });
});
