import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';

test('the README explains exactly the error codes there are', () => {
  const declared = readFileSync('src/errors.ts', 'utf8').match(/(?<=code: ')[A-Z_]+/g) ?? [];
  const explained = readFileSync('README.md', 'utf8').match(/(?<=^\| `)(STATE|FILTER|PAGE)_[A-Z_]+/gm) ?? [];
  expect(new Set(declared).size).toBe(declared.length);
  expect(explained.toSorted()).toEqual(declared.toSorted());
});
