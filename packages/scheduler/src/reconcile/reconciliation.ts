import type { Allocation, AllocationStop, Job, Node, TaskGroup } from '@steppe/domain';
import { DESCRIPTIONS } from './descriptions.js';
import type { FollowUps } from './follow-ups.js';
import type { RescheduleContext } from './reschedule.js';

/** How an allocation that is there ends. */
export type Stop = Omit<AllocationStop, 'allocationId'>;

/** An allocation that a node is wanted for. */
export interface Wanted {
  readonly group: TaskGroup;
  readonly name: string;
  /** The one it replaces. */
  readonly previous?: Allocation;
  /** How that one ends, once there is a node for the new one; absent when it has ended or ends anyhow. */
  readonly previousStop?: Stop;
  /** Whether it replaces one that failed, and is better off elsewhere. */
  readonly isReschedule: boolean;
}

/** What is to change so that a job has what it asks for. */
export interface Reconciliation {
  readonly stops: readonly { readonly allocation: Allocation; readonly stop: Stop }[];
  /** Become the current version of the job where they are. */
  readonly inPlace: readonly { readonly allocation: Allocation; readonly group: TaskGroup }[];
  /** New versions of allocations of which something is noted. */
  readonly notes: readonly Allocation[];
  /** In the order in which nodes are to be found for them. */
  readonly wanted: readonly Wanted[];
}

export interface ReconcileInput extends RescheduleContext {
  /** `undefined` once it is purged. */
  readonly job: Job | undefined;
  /** Of the job, ended ones included. */
  readonly allocations: readonly Allocation[];
  readonly node: (id: string) => Node | undefined;
  /** The version of the job that an allocation is of. */
  readonly jobOf: (allocation: Allocation) => Job | undefined;
  /** Whether an allocation, as the current version of the job, could go on where it is. */
  readonly canStay: (allocation: Allocation, group: TaskGroup) => boolean;
  readonly followUps: FollowUps;
}

/** What one group adds to a {@link Reconciliation}. */
export type MutableReconciliation = {
  -readonly [K in keyof Reconciliation]: Reconciliation[K] extends readonly (infer T)[] ? T[] : never;
};

/** How one ends that is not needed any more; what cannot answer is lost. */
export function endOf(
  { nodeId }: Allocation,
  node: ReconcileInput['node'],
  desiredDescription: string = DESCRIPTIONS.notNeeded,
): Stop {
  const { status } = node(nodeId) ?? {};
  const isGone = status === undefined || status === 'down';
  return isGone ? { desiredDescription: DESCRIPTIONS.lost, clientStatus: 'lost' } : { desiredDescription };
}
