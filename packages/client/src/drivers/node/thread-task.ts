// The thread of a task of the `node` driver.
import { parentPort, workerData } from 'node:worker_threads';
import type { ModuleTask } from './module-task.js';
import { runModule } from './module-task.js';

const task = workerData as ModuleTask;
const ending = new AbortController();
parentPort?.on('message', () => ending.abort(new Error('the task is to end')));
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
const heart = setInterval(() => parentPort?.postMessage('alive'), Math.max(10, task.heartbeatMs / 4));
heart.unref();

try {
  await runModule(task, { env: process.env, signal: ending.signal });
} catch (error) {
  if (!(ending.signal.aborted && error === ending.signal.reason)) throw error;
}
parentPort?.unref();
