// Bundles the compiled app in the current folder: one start-up file, and one chunk per command that is loaded on demand.
import { existsSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist/bundle', { recursive: true, force: true });
const packages = '../../packages';
/** What agents run in threads and processes of their own, beside the app. */
const PROGRAMS = {
  'scheduler-thread': `${packages}/agent/dist/scheduling/threads/thread-main.js`,
  'task-supervisor': `${packages}/client/dist/drivers/supervisor/task-supervisor.js`,
  'node-task': `${packages}/client/dist/drivers/node/node-task.js`,
  'thread-task': `${packages}/client/dist/drivers/node/thread-task.js`,
};
const isApp = existsSync('dist/main.js');
await build({
  entryPoints: isApp ? { main: 'dist/main.js', ...PROGRAMS } : { main: 'dist/index.js' },
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
