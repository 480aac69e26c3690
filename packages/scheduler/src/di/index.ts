export { schedulerModule } from './module.js';
export {
  DefaultWorkerPool,
  EvalBroker,
  EvalSource,
  SchedulerContribution,
  WorkerPool,
  WorkerPoolOptions,
} from './tokens.js';
