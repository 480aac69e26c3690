import { expect, test } from '@jest/globals';
import { formatColumns, formatKeyValues } from './columns.js';

test('columns are as wide as their widest cell, the last one is not padded', () => {
  expect(
    formatColumns([
      ['Name', 'Port'],
      ['a.global', '1'],
      ['é', '22'],
    ]),
  ).toBe('Name      Port\na.global  1\né         22');
  expect(formatColumns([])).toBe('');
});

test('keys and values are joined by an equals sign', () => {
  expect(
    formatKeyValues([
      ['a', '1'],
      ['long', '2'],
    ]),
  ).toBe('a    = 1\nlong = 2');
});
