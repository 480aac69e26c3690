// Runs in a thread of its own, started by `spawnSchedulerThread`.
import { SystemClock, SystemRandom } from '@steppe/runtime';
import { parentPort } from 'node:worker_threads';
import { SchedulerThread } from './scheduler-thread.js';
import type { ToThread } from './thread-messages.js';

const port = parentPort;
if (port === null) throw new Error('this is no program of its own: it runs in a thread of a server');
const thread = new SchedulerThread({
  clock: new SystemClock(),
  random: new SystemRandom(),
  post: (message) => port.postMessage(message),
});
port.on('message', (message: ToThread) => thread.receive(message));
