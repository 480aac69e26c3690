import type { SchedulerContribution, SchedulingLink, SchedulingState } from '@steppe/scheduler';
import { DEFAULT_SCHEDULER_CONFIGURATION, EVALUATION_WIRE } from '@steppe/domain';
import { EvalBroker, WorkerPoolImpl } from '@steppe/scheduler';
import { EventEmitter, once } from 'node:events';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';

const ports = { clock: new SystemClock(), random: new SystemRandom(), logger: silentLogger, metrics: noMetrics };
const broker = new EvalBroker({}, ports);
broker.setEnabled(true);
// Higher priorities go first, then the older ones; of one job only one at a time.
const job = { ...EVALUATION_WIRE.empty, type: 'batch', status: 'pending', priority: 50 };
broker.enqueue({ ...job, id: 'e1', jobId: 'a', triggeredBy: 'job-register', createIndex: 1 });
broker.enqueue({ ...job, id: 'e2', jobId: 'b', triggeredBy: 'node-update', createIndex: 3 });
broker.enqueue({ ...job, id: 'e3', jobId: 'c', triggeredBy: 'job-deregister', createIndex: 2, priority: 90 });

const processed: string[] = [];
const allDone = new EventEmitter();
const batch: SchedulerContribution = {
  type: 'batch',
  process: async ({ id, triggeredBy }) => {
    processed.push(`${id} ${triggeredBy}`);
    if (processed.length === 3) allDone.emit('done');
  },
};
// Nothing is placed here, so that there is no state to look at and no leader to send plans to.
const nothing: SchedulingState = {
  index: 0,
  placementIndex: 0,
  configuration: DEFAULT_SCHEDULER_CONFIGURATION,
  job: () => undefined,
  jobVersion: () => undefined,
  node: () => undefined,
  nodes: () => [],
  evaluation: () => undefined,
  allocationsOfJob: () => [],
  allocationsOfNode: () => [],
};
const noLeader = () => Promise.reject(new Error('No cluster leader'));
const link: SchedulingLink = {
  stateAt: async () => nothing,
  submitPlan: noLeader,
  updateEval: noLeader,
  createEval: noLeader,
  reblockEval: noLeader,
};
const options = { numSchedulers: 1, enabledSchedulers: ['batch'], cpuCount: 1 };
const pool = new WorkerPoolImpl(options, { ...ports, source: broker, link, schedulers: [batch] });
void pool.start();
await once(allDone, 'done');
await pool.stop();
broker.setEnabled(false);
console.log(processed);
