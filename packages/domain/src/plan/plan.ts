import type { Allocation } from '../allocation/allocation.js';
import type { JobKey } from '../job/job.js';

/** What is to change of an allocation that is stopped or becomes lost or unknown. */
export interface AllocationStop {
  readonly allocationId: string;
  readonly desiredDescription: string;
  /** Set where a server decides it: `lost` or `unknown`. */
  readonly clientStatus?: 'lost' | 'unknown';
  readonly followupEvalId?: string;
}

/**
 * What a scheduler wants done, node by node. It is checked again, and what does not fit any more is left out.
 * @see spec "Plans: shapes"
 */
export interface Plan {
  readonly evalId: string;
  /** Proof that the evaluation is still this worker's. */
  readonly evalToken: string;
  readonly priority: number;
  /** Index of the state it was made of. */
  readonly snapshotIndex: number;
  /** All or nothing. */
  readonly allAtOnce: boolean;
  readonly job: JobKey;
  /** By node id. */
  readonly nodeUpdate: Readonly<Record<string, readonly AllocationStop[]>>;
  /** By node id: new allocations, and new versions of those that are there. */
  readonly nodeAllocation: Readonly<Record<string, readonly Allocation[]>>;
}

/** What came of a {@link Plan}. */
export interface PlanResult extends Pick<Plan, 'nodeUpdate' | 'nodeAllocation'> {
  readonly rejectedNodes: readonly string[];
  /** Not 0: the state has moved on; wait for this index and try again. */
  readonly refreshIndex: number;
  /** Index of the write; 0 when nothing was written. */
  readonly allocIndex: number;
}

/** Whether a plan asks for nothing. */
export const isNoOp = ({ nodeUpdate, nodeAllocation }: Plan): boolean =>
  Object.keys(nodeUpdate).length === 0 && Object.keys(nodeAllocation).length === 0;
