// Kills a process that writes to lmdb, again and again, and checks what it leaves: `node scripts/crash.mjs [rounds]`, default 200.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const sources = ['crash-main', 'crash-writer'].map((name) => here(`../src/engine/lmdb/crash/${name}.ts`));
await build({
  entryPoints: sources,
  outdir: here('../.cache/crash'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  conditions: ['@steppe/source'],
  external: ['lmdb'],
});
const { status } = spawnSync(process.execPath, [here('../.cache/crash/crash-main.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
