// Bundles the compiled app in the current folder: one start-up file, and one chunk per command that is loaded on demand.
import { existsSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist/bundle', { recursive: true, force: true });
/** What servers run in threads of their own. */
const SCHEDULER_THREAD = '../../packages/agent/dist/scheduling/threads/thread-main.js';
const isApp = existsSync('dist/main.js');
await build({
  entryPoints: isApp ? { main: 'dist/main.js', 'scheduler-thread': SCHEDULER_THREAD } : { main: 'dist/index.js' },
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
