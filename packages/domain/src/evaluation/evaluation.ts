import type { WireOf } from '../wire/wire-schema.js';
import {
  duration,
  flag,
  flagMap,
  integer,
  integerMap,
  map,
  text,
  textList,
  timestamp,
  unixTime,
  wireSchema,
} from '../wire/wire-schema.js';
import { ALLOC_METRIC_WIRE } from '../allocation/alloc-metric.js';

export type EvaluationStatus = 'pending' | 'blocked' | 'complete' | 'failed' | 'canceled';

/** What made an evaluation necessary, in Nomad's words. */
export type EvaluationTrigger =
  | 'job-register'
  | 'job-deregister'
  | 'job-scaling'
  | 'periodic-job'
  | 'node-update'
  | 'node-drain'
  | 'alloc-stop'
  | 'alloc-failure'
  | 'alloc-reschedule'
  | 'reconnect'
  | 'max-disconnect-timeout'
  | 'queued-allocs'
  | 'max-plan-attempts'
  | 'preemption'
  | 'rolling-update'
  | 'deployment-watcher'
  | 'failed-follow-up'
  | 'scheduled';

/** Core evaluations go before all others. */
export const CORE_PRIORITY = 32_767;
/** Namespace of core evaluations. */
export const CORE_NAMESPACE = '-';

/**
 * An evaluation: something to be reconsidered about one job. The JSON leaves zero values out.
 * @see spec "Evaluations: structure"
 */
export const EVALUATION_WIRE = wireSchema({
  id: text('ID'),
  namespace: text('Namespace'),
  priority: integer('Priority'),
  /** Which scheduler; see `SchedulerType`. */
  type: text('Type'),
  /** {@link EvaluationTrigger}. */
  triggeredBy: text('TriggeredBy'),
  jobId: text('JobID'),
  jobModifyIndex: integer('JobModifyIndex'),
  nodeId: text('NodeID'),
  nodeModifyIndex: integer('NodeModifyIndex'),
  deploymentId: text('DeploymentID'),
  /** {@link EvaluationStatus}. */
  status: text('Status'),
  statusDescription: text('StatusDescription'),
  /** How long it waits in the broker first. */
  waitMs: duration('Wait'),
  /** Unix milliseconds at which it may be delivered; 0: at once. */
  waitUntilMs: timestamp('WaitUntil'),
  nextEval: text('NextEval'),
  previousEval: text('PreviousEval'),
  /** The one that what could not be placed waits in. */
  blockedEval: text('BlockedEval'),
  /** By group: why placing failed. */
  failedTgAllocs: map('FailedTGAllocs', ALLOC_METRIC_WIRE),
  /** Computed classes of nodes that were looked at, and whether they would do. */
  classEligibility: flagMap('ClassEligibility'),
  /** Whether a constraint is about single nodes, so that classes say nothing. */
  escapedComputedClass: flag('EscapedComputedClass'),
  quotaLimitReached: text('QuotaLimitReached'),
  missingNonNodeResources: textList('MissingNonNodeResources'),
  annotatePlan: flag('AnnotatePlan'),
  /** By group: wanted, but not placed. */
  queuedAllocations: integerMap('QueuedAllocations'),
  /** Index of the state it was first scheduled on. */
  snapshotIndex: integer('SnapshotIndex'),
  createTimeMs: unixTime('CreateTime'),
  modifyTimeMs: unixTime('ModifyTime'),
  createIndex: integer('CreateIndex'),
  modifyIndex: integer('ModifyIndex'),
});
export type Evaluation = WireOf<typeof EVALUATION_WIRE>;

/** Whether nothing is going to happen to it any more. */
export function isTerminalEvaluation({ status }: Pick<Evaluation, 'status'>): boolean {
  return status === 'complete' || status === 'failed' || status === 'canceled';
}
