import { expect, test } from '@jest/globals';
import { Program } from '@steppe/testing';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);

interface Difference {
  readonly endpoint: string;
  readonly test: { readonly file: string; readonly name: string };
}

const differences = JSON.parse(readFileSync(new URL('docs/differences.json', root), 'utf8')) as readonly Difference[];

test.each(differences)('$endpoint: the test that holds the difference exists', ({ test: { file, name } }) => {
  expect(readFileSync(new URL(file, root), 'utf8')).toContain(`'${name}'`);
});

test('the rendered list is up to date', async () => {
  const check = new Program(fileURLToPath(new URL('scripts/differences.mjs', root)), ['--check']);
  expect([await check.exit, check.output]).toEqual([0, '']);
});
