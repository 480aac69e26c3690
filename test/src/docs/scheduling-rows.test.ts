import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, workspaceFolders } from '../workspace/workspace-folders.js';

/** How many test rows the specification of scheduling has. */
const ROWS = 145;
/** Here `row 7` is one of scheduling; elsewhere it is one of another specification, and tests say `scheduling row 7`. */
const OWN = /^packages\/(?:scheduler|client|agent\/src\/(?:nodes|scheduling))\//;

const files = workspaceFolders
  .map((folder) => join(folder, 'src'))
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => /\.(?:test|prop|sim)\.ts$/.test(file));

/** Rows that the names of a file's tests begin with, or have in parentheses: `row 7: …`, `row 7, 8: …`, `… (row 7)`. */
function rowsOf(file: string): readonly number[] {
  const label = OWN.test(file) ? /['(]row (\d+(?:, \d+)*)/g : /['(]scheduling row (\d+(?:, \d+)*)/g;
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(label)].flatMap(([, numbers = '']) => numbers.split(', ').map(Number));
}

test('every row of the specification of scheduling has a test that names it', () => {
  const named = new Set(files.flatMap(rowsOf));
  expect([...named].toSorted((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, i) => i + 1));
});
