import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatGoDuration, msToNanoseconds, nanosecondsToMs, parseGoDuration } from './go-duration.js';

describe('parseGoDuration', () => {
  test.each([
    ['0', 0n],
    ['+0', 0n],
    ['5s', 5_000_000_000n],
    ['250ms', 250_000_000n],
    ['1.5h', 5_400_000_000_000n],
    ['-5m', -300_000_000_000n],
    ['1h2m3.5s', 3_723_500_000_000n],
    ['1us', 1_000n],
    ['1µs', 1_000n],
    ['.5s', 500_000_000n],
    ['1.s', 1_000_000_000n],
    ['9223372036854775807ns', 9223372036854775807n],
    ['-9223372036854775808ns', -9223372036854775808n],
  ])('%s', (text, nanoseconds) => {
    expect(parseGoDuration(text)).toBe(nanoseconds);
  });

  test.each([
    ['abc', 'time: invalid duration "abc"'],
    ['', 'time: invalid duration ""'],
    ['98', 'time: missing unit in duration "98"'],
    ['98seconds', 'time: unknown unit "seconds" in duration "98seconds"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['.s', 'time: invalid duration ".s"'],
    ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
    ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
    ['3000000h', 'time: invalid duration "3000000h"'],
  ])('refuses %s in the words of Go', (text, message) => {
    expect(() => parseGoDuration(text)).toThrow(expect.objectContaining({ code: 'DURATION_INVALID', message }));
  });
});

describe('formatGoDuration', () => {
  test.each([
    [0n, '0s'],
    [1n, '1ns'],
    [1_500n, '1.5µs'],
    [1_503_000n, '1.503ms'],
    [90_000_000_000n, '1m30s'],
    [259_200_000_000_000n, '72h0m0s'],
    [-250_000_000n, '-250ms'],
    [3_600_500_000_000n, '1h0m0.5s'],
  ])('%s ns is %s', (nanoseconds, text) => {
    expect(formatGoDuration(nanoseconds)).toBe(text);
  });
});

test('every int64 duration survives being printed and parsed', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (nanoseconds) => {
      expect(parseGoDuration(formatGoDuration(nanoseconds))).toBe(nanoseconds);
    }),
  );
});

test('a positive wait never becomes no wait', () => {
  expect(nanosecondsToMs(1n)).toBe(1);
  expect(nanosecondsToMs(0n)).toBe(0);
  expect(nanosecondsToMs(1_500_000n)).toBe(2);
  expect(msToNanoseconds(0.25)).toBe(250_000n);
  expect(msToNanoseconds(1_770_112_800_123)).toBe(1_770_112_800_123_000_000n);
});
