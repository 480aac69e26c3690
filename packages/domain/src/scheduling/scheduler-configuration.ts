import type { WireOf } from '../wire/wire-schema.js';
import { flag, integer, object, text, wireSchema } from '../wire/wire-schema.js';

const PREEMPTION_WIRE = wireSchema({
  system: flag('SystemSchedulerEnabled', true),
  sysbatch: flag('SysBatchSchedulerEnabled'),
  batch: flag('BatchSchedulerEnabled'),
  service: flag('ServiceSchedulerEnabled'),
});

/** Names that `SchedulerAlgorithm` may have. */
export const SCHEDULER_ALGORITHMS: readonly string[] = ['binpack', 'spread'];

/**
 * The region's settings for all schedulers, `/v1/operator/scheduler/configuration`.
 * @see spec "Scheduler configuration object"
 */
export const SCHEDULER_CONFIGURATION_WIRE = wireSchema({
  /** One of {@link SCHEDULER_ALGORITHMS}. */
  algorithm: text('SchedulerAlgorithm', 'binpack'),
  /** For which types of jobs others may be evicted. Kept and shown; nothing is evicted yet. */
  preemption: object('PreemptionConfig', PREEMPTION_WIRE),
  memoryOversubscription: flag('MemoryOversubscriptionEnabled'),
  rejectJobRegistration: flag('RejectJobRegistration'),
  pauseEvalBroker: flag('PauseEvalBroker'),
  /** Nodes looked at for jobs with affinities or spreads; 0 means the default of 100. */
  nodeLimitForFeasibilityChecks: integer('NodeLimitForFeasibilityChecks'),
  createIndex: integer('CreateIndex'),
  modifyIndex: integer('ModifyIndex'),
});
export type SchedulerConfiguration = WireOf<typeof SCHEDULER_CONFIGURATION_WIRE>;

/** What a region begins with. */
export const DEFAULT_SCHEDULER_CONFIGURATION: SchedulerConfiguration = Object.freeze({
  ...SCHEDULER_CONFIGURATION_WIRE.empty,
  preemption: PREEMPTION_WIRE.empty,
});
