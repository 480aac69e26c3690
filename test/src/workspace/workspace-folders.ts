import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Folders of the workspace's packages, from the root, as pnpm-workspace.yaml lists them. */
export const workspaceFolders: readonly string[] = listedPatterns().flatMap((pattern) =>
  pattern.endsWith('/*') ? foldersBelow(pattern.slice(0, -2)) : [pattern],
);

function listedPatterns(): readonly string[] {
  const list = /^packages:\n((?: {2}- .+\n)+)/m.exec(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))?.[1];
  return [...(list ?? '').matchAll(/- (.+)\n/g)].map((match) => match[1] ?? '');
}

function foldersBelow(parent: string): readonly string[] {
  return readdirSync(join(root, parent)).map((name) => join(parent, name));
}
