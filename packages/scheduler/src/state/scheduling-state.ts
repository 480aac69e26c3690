import type { Allocation, Evaluation, Job, Node, SchedulerConfiguration } from '@steppe/domain';

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
