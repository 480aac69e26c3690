import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, workspaceFolders } from '../workspace/workspace-folders.js';

interface Layer {
  readonly members: readonly string[];
  readonly mayImport: readonly string[];
}
interface Layers {
  readonly layers: Readonly<Record<string, Layer>>;
  readonly onlyInTests: readonly string[];
  /** Of any package. What production code may use of a simulator has an entry of its own, `./simulation`. */
  readonly entriesOnlyInTests: readonly string[];
  readonly exceptions: readonly { readonly from: string; readonly to: string; readonly reason: string }[];
}
interface Package {
  readonly name: string;
  readonly folder: string;
  readonly declared: Readonly<Record<string, string>>;
  readonly production: Readonly<Record<string, string>>;
  readonly exports: readonly string[];
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const table = readJson(join(root, 'tooling', 'layers.json')) as Layers;

type Names = Readonly<Record<string, string>>;
interface Manifest {
  readonly name: string;
  readonly dependencies?: Names;
  readonly devDependencies?: Names;
  readonly peerDependencies?: Names;
  readonly exports?: Readonly<Record<string, unknown>>;
}

const packages: readonly Package[] = workspaceFolders.map((folder) => {
  const manifest = readJson(join(root, folder, 'package.json')) as Manifest;
  const production = { ...manifest.dependencies, ...manifest.peerDependencies };
  return {
    name: manifest.name,
    folder,
    production,
    declared: { ...production, ...manifest.devDependencies },
    exports: Object.keys(manifest.exports ?? {}),
  };
});
const byName = new Map(packages.map((candidate) => [candidate.name, candidate]));
const rootTools = new Set(Object.keys((readJson(join(root, 'package.json')) as Manifest).devDependencies ?? {}));
const layerOf = new Map(
  Object.entries(table.layers).flatMap(([layer, { members }]) => members.map((member) => [member, layer] as const)),
);

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[/\\](dist|node_modules|\.cache|\.turbo)[/\\]/.test(path));
}

const isTest = (path: string): boolean => /\.(test|prop|sim)\.ts$|[/\\]testing[/\\]|[/\\]examples[/\\]/.test(path);
const specifiers = (path: string): readonly string[] =>
  [
    ...readFileSync(path, 'utf8').matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');

const isProduction = (folder: string): boolean => !['test', 'bench'].includes(folder) && !folder.startsWith('docs');
const isOnlyForTests = (target: string, entry: string): boolean =>
  table.onlyInTests.includes(target) || table.entriesOnlyInTests.includes(entry);

/** Why `from` may not import `to`; `undefined` when it may. */
function refusal(from: string, to: string): string | undefined {
  if (from === to || table.exceptions.some((exception) => exception.from === from && exception.to === to))
    return undefined;
  const fromLayer = layerOf.get(from) ?? '';
  const toLayer = layerOf.get(to) ?? '';
  const allowed = table.layers[fromLayer]?.mayImport ?? [];
  if (allowed.includes(toLayer)) return undefined;
  return `${from} (${fromLayer}) may import ${allowed.length === 0 ? 'no other layer' : allowed.join(', ')}; ${to} is ${toLayer || 'unlisted'} (tooling/layers.json)`;
}

describe('the layer table', () => {
  test('lists every package of the workspace, and nothing else', () => {
    expect([...layerOf.keys()].toSorted()).toEqual(packages.map(({ name }) => name).toSorted());
  });

  test('refuses an import against the arrows', () => {
    expect(refusal('@steppe/acl', '@steppe/gossip')).toContain('@steppe/gossip is feature');
    expect(refusal('@steppe/domain', '@steppe/runtime')).toContain('no other layer');
    expect(refusal('@steppe/agent', '@steppe/server')).toContain('is app');
    expect(refusal('@steppe/agent', '@steppe/unheard-of')).toContain('unlisted');
    expect(refusal('@steppe/server', '@steppe/gossip')).toBeUndefined();
  });

  test('lets production code import a simulator, but nothing made for tests', () => {
    expect(isOnlyForTests('@steppe/gossip', './testing')).toBe(true);
    expect(isOnlyForTests('@steppe/testing', '.')).toBe(true);
    expect(isOnlyForTests('@steppe/gossip', './simulation')).toBe(false);
    expect(isProduction('apps/server')).toBe(true);
    expect(isProduction('bench')).toBe(false);
  });
});

describe.each(packages.map((candidate) => [candidate.name, candidate] as const))('%s', (name, candidate) => {
  test('declares only packages its layer may import', () => {
    const ours = Object.keys(candidate.production).filter((dependency) => dependency.startsWith('@steppe/'));
    expect(ours.map((dependency) => refusal(name, dependency)).filter(Boolean)).toEqual([]);
  });

  test('imports only what it declares, through entries that exist', () => {
    const problems = sources(candidate.folder).flatMap((path) =>
      specifiers(path).flatMap((specifier) => {
        if (specifier.startsWith('.') || specifier.startsWith('node:')) return [];
        const [scope = '', second = ''] = specifier.split('/');
        const target = specifier.startsWith('@') ? `${scope}/${second}` : scope;
        const where = `${path.slice(root.length)} imports ${specifier}`;
        const declared =
          isTest(path) || !candidate.folder.startsWith('packages') ? candidate.declared : candidate.production;
        const toolAllowed =
          rootTools.has(target) &&
          (isTest(path) || candidate.folder === 'test' || candidate.folder === 'bench' || path.endsWith('.mjs'));
        if (!(target in declared) && !(target === name && isTest(path)) && !toolAllowed)
          return [`${where}: not declared in its package.json`];
        if (!target.startsWith('@steppe/')) return [];
        const entry = `.${specifier.slice(target.length)}`;
        if (isOnlyForTests(target, entry) && !isTest(path) && isProduction(candidate.folder)) {
          return [`${where}: only tests may`];
        }
        if (!(byName.get(target)?.exports.includes(entry) ?? false))
          return [`${where}: ${target} has no entry ${entry}`];
        const reason = isTest(path) ? undefined : refusal(name, target);
        return reason === undefined ? [] : [`${where}: ${reason}`];
      }),
    );
    expect(problems).toEqual([]);
  });
});
