// Bundles the compiled app in the current folder: one start-up file, and one chunk per command that is loaded on demand.
import { existsSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist/bundle', { recursive: true, force: true });
await build({
  entryPoints: { main: existsSync('dist/main.js') ? 'dist/main.js' : 'dist/index.js' },
  outdir: 'dist/bundle',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  // Native: stays a module of its own, which the app lists among its dependencies.
  external: ['lmdb'],
  logLevel: 'warning',
  // CommonJS dependencies call `require` for Node's own modules.
  banner: {
    js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
  },
});
