/**
 * Scheduling: evaluations wait in a broker, workers have each processed by the scheduler of its type, and what that plans the
 * leader's applier checks again and writes. State, network and leadership come in through ports.
 * @packageDocumentation
 */
export { EvalBroker, FAILED_QUEUE } from './broker/eval-broker.js';
export type { BrokerStats, EvalBrokerDeps, EvalBrokerOptions } from './broker/eval-broker.js';
export { EvalEntrance, SCHEDULER_VERSION } from './broker/eval-entrance.js';
export type { VersionedDequeueOptions } from './broker/eval-entrance.js';
export type { Delivery, DequeueOptions, EvalSource } from './broker/eval-source.js';
export { BlockedEvals } from './blocked/blocked-evals.js';
export type { BlockedEvalsDeps, BlockedStats } from './blocked/blocked-evals.js';

export { PlanQueue } from './plan/plan-queue.js';
export type { PendingPlan } from './plan/plan-queue.js';
export { evaluatePlan } from './plan/evaluate-plan.js';
export type { EvaluatedPlan } from './plan/evaluate-plan.js';
export { PlanApplier } from './plan/plan-applier.js';
export type { PlanApplierDeps, PlanStore } from './plan/plan-applier.js';
export { PlanRejectionTracker } from './plan/plan-rejection-tracker.js';
export type {
  PlanRejections,
  PlanRejectionTrackerDeps,
  PlanRejectionTrackerOptions,
} from './plan/plan-rejection-tracker.js';
export { newlyPlaced, planWrites } from './plan/plan-writes.js';

export { isNodeOf, isReady } from './placement/candidate-nodes.js';
export { hasOpenWindow } from './reconcile/disconnect.js';
export { isReplaceable } from './reconcile/reschedule.js';

export { awaitIndex } from './state/await-index.js';
export type { AwaitIndexOptions } from './state/await-index.js';
export type { SchedulingState } from './state/scheduling-state.js';

export { BUILT_IN_SCHEDULERS, builtInScheduler } from './evaluation/built-in-scheduler.js';
export type { BuiltInScheduler } from './evaluation/built-in-scheduler.js';
export { GenericScheduler } from './generic/generic-scheduler.js';
export type { SchedulerDeps } from './generic/generic-scheduler.js';
export { SystemScheduler } from './system/system-scheduler.js';
export { CORE_JOBS, coreEvaluation, CoreScheduler, FORCE_GC } from './core/core-scheduler.js';
export type { CoreSchedulerDeps, CoreSchedulerOptions, CoreStore } from './core/core-scheduler.js';
export type { CoreState } from './core/collectable.js';

export { RegionScheduling } from './leader/region-scheduling.js';
export type { RegionSchedulingDeps } from './leader/region-scheduling.js';
export type { EvalWriter, RegionStore } from './leader/region-store.js';
export { SchedulingEntrance } from './leader/scheduling-entrance.js';
export type { SchedulingEntranceDeps } from './leader/scheduling-entrance.js';
export { EvalFeed, pointlessAfter } from './leader/eval-feed.js';
export { SchedulingLeader } from './leader/scheduling-leader.js';
export type { SchedulingLeaderDeps } from './leader/scheduling-leader.js';

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
