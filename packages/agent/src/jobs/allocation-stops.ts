import { isTerminalAllocation } from '@steppe/domain';
import type { Clock, Random } from '@steppe/runtime';
import type { Indexed, StateStore } from '@steppe/state';
import { ALLOCATIONS } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { readJob } from '../scheduling/job-rows.js';
import { putDesiredAllocations, putEvaluations } from '../scheduling/region-writes.js';
import { withTransition } from './job-registry.js';
import { newEvaluation } from './new-evaluation.js';

export interface AllocationStopsDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
}

export interface StopOptions {
  /** Whether its tasks end at once, whatever their shutdown delay. */
  readonly noShutdownDelay: boolean;
  /** Whether it is noted that a replacement elsewhere is wanted. */
  readonly reschedule: boolean;
}

/** Stopping single allocations; their schedulers replace them. */
export class AllocationStops {
  readonly #deps: AllocationStopsDeps;

  constructor(deps: AllocationStopsDeps) {
    this.#deps = deps;
  }

  /**
   * @returns the evaluation that stops it
   * @throws ALLOC_TO_STOP_NOT_FOUND, and what a transaction throws
   */
  async stop(id: string, { noShutdownDelay, reschedule }: StopOptions): Promise<Indexed<string>> {
    const { state, clock, random } = this.#deps;
    const evalId = random.uuid();
    const nowMs = clock.now();
    return state.transact((tx) => {
      const allocation = tx.get(ALLOCATIONS, id);
      if (allocation === undefined) throw apiError('ALLOC_TO_STOP_NOT_FOUND');
      const { namespace, jobId, jobType, jobModifyIndex } = allocation;
      const job = readJob(tx, { namespace, id: jobId }) ?? {
        namespace,
        id: jobId,
        type: jobType,
        priority: ORPHAN_PRIORITY,
        jobModifyIndex,
      };
      if (!isTerminalAllocation(allocation)) {
        const transition = {
          migrate: true,
          ...(reschedule ? { reschedule } : {}),
          ...(noShutdownDelay ? { noShutdownDelay } : {}),
        };
        putDesiredAllocations(tx, [withTransition(allocation, transition)]);
      }
      putEvaluations(tx, [newEvaluation(job, { id: evalId, triggeredBy: 'alloc-stop', nowMs })]);
      return evalId;
    });
  }
}

/** Of what its job has left behind. */
const ORPHAN_PRIORITY = 50;
