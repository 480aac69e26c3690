import type { SchedulerContribution } from '@steppe/scheduler';
import { EvalBroker, WorkerPoolImpl } from '@steppe/scheduler';
import { EventEmitter, once } from 'node:events';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';

const ports = { clock: new SystemClock(), random: new SystemRandom(), logger: silentLogger, metrics: noMetrics };
const broker = new EvalBroker({}, ports);
// Higher priorities go first, then the older ones.
broker.enqueue({ id: 'e1', type: 'batch', priority: 50, triggeredBy: 'job-register', createIndex: 1 });
broker.enqueue({ id: 'e2', type: 'batch', priority: 50, triggeredBy: 'node-update', createIndex: 3 });
broker.enqueue({ id: 'e3', type: 'batch', priority: 90, triggeredBy: 'job-deregister', createIndex: 2 });

const processed: string[] = [];
const allDone = new EventEmitter();
const batch: SchedulerContribution = {
  type: 'batch',
  process: async ({ id, triggeredBy }) => {
    processed.push(`${id} ${triggeredBy}`);
    if (processed.length === 3) allDone.emit('done');
  },
};
const options = { numSchedulers: 1, enabledSchedulers: ['batch'], cpuCount: 1 };
const pool = new WorkerPoolImpl(options, { ...ports, source: broker, schedulers: [batch] });
void pool.start();
await once(allDone, 'done');
await pool.stop();
console.log(processed);
