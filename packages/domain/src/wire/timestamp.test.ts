import { expect, test } from '@jest/globals';
import { encodeTimestamp } from './timestamp.js';

test.each([
  [Date.UTC(2026, 2, 2, 9, 15, 2, 480) + 0.112, '2026-03-02T09:15:02.480112Z'],
  [Date.UTC(2026, 2, 2, 9, 15, 2, 480), '2026-03-02T09:15:02.48Z'],
  [Date.UTC(2026, 2, 2, 9, 15, 2), '2026-03-02T09:15:02Z'],
])('%d is %s', (unixMs, text) => expect(encodeTimestamp(unixMs)).toBe(text));
