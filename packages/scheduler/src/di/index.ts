export { schedulerModule } from './module.js';
export {
  DefaultWorkerPool,
  EvalBroker,
  EvalSource,
  SchedulerContribution,
  SchedulingLink,
  WorkerPool,
  WorkerPoolOptions,
} from './tokens.js';
