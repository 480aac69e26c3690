import { Worker } from 'node:worker_threads';
import type { SchedulerThreadPort } from './thread-messages.js';

/** The program of a thread: beside this file, and beside the chunks of a bundled app. */
const PROGRAM = new URL(
  import.meta.url.endsWith('.mjs') ? './scheduler-thread.mjs' : './thread-main.js',
  import.meta.url,
);

/** Starts a scheduler thread of Node.js. */
export function spawnSchedulerThread(): SchedulerThreadPort {
  const worker = new Worker(PROGRAM, { name: 'scheduler' });
  let failure = '';
  // Told by the end that follows.
  worker.on('error', (error) => {
    failure = error.message;
  });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onExit: (listener) => void worker.on('exit', (code) => listener(failure === '' ? `exit code ${code}` : failure)),
    end: async () => {
      await worker.terminate();
    },
  };
}
