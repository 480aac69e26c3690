import type { Allocation, Evaluation, Job, Node } from '@steppe/domain';

export type SchedulerAlgorithm = 'binpack' | 'spread';

/** The region's settings for all schedulers, `/v1/operator/scheduler/configuration`. */
export interface SchedulerConfiguration {
  readonly algorithm: SchedulerAlgorithm;
  readonly memoryOversubscription: boolean;
  readonly rejectJobRegistration: boolean;
  readonly pauseEvalBroker: boolean;
  /** Nodes looked at for jobs with affinities or spreads; 0 means the default of 100. */
  readonly nodeLimitForFeasibilityChecks: number;
}

export const DEFAULT_SCHEDULER_CONFIGURATION: SchedulerConfiguration = Object.freeze({
  algorithm: 'binpack',
  memoryOversubscription: false,
  rejectJobRegistration: false,
  pauseEvalBroker: false,
  nodeLimitForFeasibilityChecks: 0,
});

/** What schedulers and the plan applier see of a region's state, all as of one index. Nothing in it ever changes. */
export interface SchedulingState {
  readonly index: number;
  /** The newest version. */
  job(namespace: string, id: string): Job | undefined;
  /** The version with that `jobModifyIndex`, as long as an allocation needs it. */
  jobVersion(namespace: string, id: string, jobModifyIndex: number): Job | undefined;
  evaluation(id: string): Evaluation | undefined;
  /** Ended ones included. */
  allocationsOfJob(namespace: string, id: string): readonly Allocation[];
  allocationsOfNode(nodeId: string): readonly Allocation[];
  nodes(): Iterable<Node>;
  node(id: string): Node | undefined;
  /** Index of the newest change to nodes or allocations. */
  readonly placementIndex: number;
  readonly configuration: SchedulerConfiguration;
}
