/**
 * Scheduler workers: evaluations wait in a broker, a pool of workers has them processed by the scheduler of their type.
 * @packageDocumentation
 */
export { EvalBroker, FAILED_QUEUE } from './broker/eval-broker.js';
export type { BrokerStats, EvalBrokerDeps, EvalBrokerOptions } from './broker/eval-broker.js';
export type { Delivery, DequeueOptions, EvalSource } from './broker/eval-source.js';
export { BlockedEvals } from './blocked/blocked-evals.js';
export type { BlockedEvalsDeps, BlockedStats } from './blocked/blocked-evals.js';
export { PlanQueue } from './plan/plan-queue.js';
export type { PendingPlan } from './plan/plan-queue.js';
export { DEFAULT_SCHEDULER_CONFIGURATION } from './state/scheduling-state.js';
export type { SchedulerAlgorithm, SchedulerConfiguration, SchedulingState } from './state/scheduling-state.js';
export type { DraftPlan, Planner, PlanOutcome, SchedulingLink } from './worker/planner.js';
export type { SchedulerContribution } from './worker/scheduler-contribution.js';
export { SchedulerWorker } from './worker/scheduler-worker.js';
export type {
  SchedulerWorkerDeps,
  SchedulerWorkerOptions,
  WorkerStatus,
  WorkloadStatus,
} from './worker/scheduler-worker.js';
export { WorkerPoolImpl } from './worker/worker-pool.js';
export type {
  WorkerInfo,
  WorkerPool,
  WorkerPoolConfig,
  WorkerPoolDeps,
  WorkerPoolOptions,
} from './worker/worker-pool.js';
export type { SchedulerError, SchedulerErrorDetail } from './errors.js';
export { SCHEDULER_METRICS } from './metrics.js';
