import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root, workspaceFolders } from '../workspace/workspace-folders.js';

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.cache', '.turbo']);

const documents = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : documents(join(folder, entry.name));
    return entry.name.endsWith('.md') ? [join(folder, entry.name)] : [];
  });

test.each(documents(root).map((path) => [relative(root, path)]))('every link of %s leads to a file', (name) => {
  const path = join(root, name);
  const targets = [...readFileSync(path, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  const local = targets.filter((target) => !/^(https?:|#)/.test(target)).map((target) => target.replace(/#.*/, ''));
  expect(local.filter((target) => !existsSync(join(dirname(path), target)))).toEqual([]);
});

test('every package, app and example folder tells what it is', () => {
  const without = workspaceFolders.filter((folder) => !existsSync(join(root, folder, 'README.md')));
  expect(without).toEqual([]);
});
