import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../../packages/', import.meta.url));

/** Packages and the codes their own errors can have, as their types list them. */
const codes = readdirSync(packages).flatMap((name) => {
  const files = ['src/errors.ts', 'src/errors/errors.ts', 'src/hcl/document.ts'].map((file) =>
    join(packages, name, file),
  );
  const text = files
    .filter(existsSync)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  return [...text.matchAll(/readonly code: '(\w+)'/g)].map((match) => ({ name, code: match[1] ?? '' }));
});

test.each(codes)('the README of $name tells when $code happens', ({ name, code }) => {
  expect(readFileSync(join(packages, name, 'README.md'), 'utf8')).toContain(`\`${code}\``);
});

test('there are codes to look for', () => {
  expect(codes.length).toBeGreaterThan(30);
});
