import { expect, test } from '@jest/globals';
import { formatBytes } from './bytes.js';

test.each([
  [0, '0 B'],
  [825, '825 B'],
  [1_024, '1.0 KiB'],
  [1_946, '1.9 KiB'],
  [161_792, '158 KiB'],
  [2 * 1_024 ** 3, '2.0 GiB'],
])('%i bytes are shown as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
