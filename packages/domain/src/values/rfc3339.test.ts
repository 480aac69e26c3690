import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatRfc3339, parseRfc3339, ZERO_TIME_NS } from './rfc3339.js';

describe('moments', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['2026-02-03T10:00:00.123456789Z', 1_770_112_800_123_456_789n],
    ['0001-01-01T00:00:00Z', ZERO_TIME_NS],
    ['1969-12-31T23:59:59.5Z', -500_000_000n],
  ])('%s is the same in both directions', (text, nanoseconds) => {
    expect(parseRfc3339(text)).toBe(nanoseconds);
    expect(formatRfc3339(nanoseconds)).toBe(text);
  });

  test('an offset is taken off', () => {
    expect(formatRfc3339(parseRfc3339('2026-02-03T12:30:00+02:30'))).toBe('2026-02-03T10:00:00Z');
    expect(formatRfc3339(parseRfc3339('2026-02-03T08:00:00-02:00'))).toBe('2026-02-03T10:00:00Z');
  });

  test.each([
    '',
    'now',
    '2026-02-30T00:00:00Z',
    '2026-02-03T25:00:00Z',
    '2026-02-03 10:00:00Z',
    '2026-02-03T10:00:00+24:00',
  ])('refuses %j', (text) => {
    expect(() => parseRfc3339(text)).toThrow(expect.objectContaining({ code: 'TIME_INVALID' }));
  });

  test('every moment of four-digit years survives', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: ZERO_TIME_NS, max: 253_402_300_799_999_999_999n }), (nanoseconds) => {
        expect(parseRfc3339(formatRfc3339(nanoseconds))).toBe(nanoseconds);
      }),
    );
  });
});
