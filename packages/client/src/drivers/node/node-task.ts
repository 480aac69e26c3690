// The process of a task of the `node` driver: a module runs in it, and signs of life go out of file descriptor 3.
import { write } from 'node:fs';
import { inspect } from 'node:util';
import type { ModuleTask } from './module-task.js';
import { runModule } from './module-task.js';

const LIFE = 3;
const task = JSON.parse(process.argv[2] ?? '{}') as ModuleTask;
// The module sees its own arguments where programs look for them.
process.argv.splice(2, 1, ...task.args);

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => ending.abort(new Error(`the task is to end: ${signal}`)));
}
const beat = (): void => write(LIFE, '.', () => undefined);
beat();
const heart = setInterval(beat, Math.max(10, task.heartbeatMs / 4));
// A script without a default function lives as long as it has something to do.
heart.unref();

try {
  await runModule(task, { env: process.env, signal: ending.signal });
} catch (error) {
  if (!(ending.signal.aborted && error === ending.signal.reason)) {
    process.stderr.write(`${inspect(error)}\n`);
    process.exit(1);
  }
}
process.on('beforeExit', () => process.exit(0));
if (ending.signal.aborted) process.exit(0);
