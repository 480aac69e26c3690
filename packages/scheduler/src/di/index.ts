export { schedulerModule } from './module.js';
export {
  BatchScheduler,
  DefaultWorkerPool,
  EvalBroker,
  EvalSource,
  PlanRejections,
  RegionScheduling,
  RegionStore,
  SchedulerContribution,
  SchedulingLink,
  ServiceScheduler,
  SysbatchScheduler,
  SystemScheduler,
  WorkerPool,
  WorkerPoolOptions,
} from './tokens.js';
