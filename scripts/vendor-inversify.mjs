// Bundles inversify (about 360 ESM files) into one file for the tests, which load it once per test file.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync(`${root}.cache`, { recursive: true });
await build({
  stdin: { contents: "export * from 'inversify';", resolveDir: root },
  outfile: `${root}.cache/inversify.mjs`,
  bundle: true,
  format: 'esm',
  platform: 'node',
  keepNames: true,
  logLevel: 'error',
});
