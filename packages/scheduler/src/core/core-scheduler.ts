import type { Evaluation, JobKey } from '@steppe/domain';
import { CORE_NAMESPACE, CORE_PRIORITY, EVALUATION_WIRE } from '@steppe/domain';
import type { Clock, Logger, Random } from '@steppe/runtime';
import type { SchedulerContribution } from '../worker/scheduler-contribution.js';
import type { Collectable, CoreState, Cutoffs } from './collectable.js';
import { collectableEvaluations, collectableJobs, collectableNodes } from './collectable.js';

/** What the core scheduler needs of the region. The leader deletes. */
export interface CoreStore {
  /** The newest state of this server. */
  state(): CoreState;
  deleteEvaluations(evaluationIds: readonly string[], allocationIds: readonly string[]): Promise<void>;
  /** With all their versions. */
  deleteJobs(jobs: readonly JobKey[]): Promise<void>;
  deleteNodes(ids: readonly string[]): Promise<void>;
}

/** How long things are kept after their end, milliseconds. */
export interface CoreSchedulerOptions {
  /** Default 1 hour. */
  readonly evalThresholdMs?: number;
  /** Default 24 hours. */
  readonly batchEvalThresholdMs?: number;
  /** Default 4 hours. */
  readonly jobThresholdMs?: number;
  /** Default 24 hours. */
  readonly nodeThresholdMs?: number;
}

export interface CoreSchedulerDeps {
  readonly store: CoreStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What core evaluations have as their job, and the leader asks for every five minutes. */
export const CORE_JOBS = ['eval-gc', 'job-gc', 'node-gc'] as const;
/** Everything at once, of whatever age. */
export const FORCE_GC = 'force-gc';

const HOUR_MS = 3_600_000;
/** Most ids of one write. */
const BATCH = 7_281;
const JOB_BATCH = 2_048;

/** A core evaluation: it is nowhere but in the broker. @param index - of the state to be looked at */
export function coreEvaluation(
  jobId: (typeof CORE_JOBS)[number] | typeof FORCE_GC,
  index: number,
  random: Random,
): Evaluation {
  return {
    ...EVALUATION_WIRE.empty,
    id: random.uuid(),
    namespace: CORE_NAMESPACE,
    priority: CORE_PRIORITY,
    type: '_core',
    triggeredBy: 'scheduled',
    jobId,
    status: 'pending',
    modifyIndex: index,
  };
}

/** Keeps house: has deleted what nobody needs any more. @see spec "Core jobs" of scheduling */
export class CoreScheduler implements SchedulerContribution {
  readonly type = '_core';
  readonly #options: Required<CoreSchedulerOptions>;
  readonly #deps: CoreSchedulerDeps;

  constructor(options: CoreSchedulerOptions, deps: CoreSchedulerDeps) {
    this.#options = {
      evalThresholdMs: HOUR_MS,
      batchEvalThresholdMs: 24 * HOUR_MS,
      jobThresholdMs: 4 * HOUR_MS,
      nodeThresholdMs: 24 * HOUR_MS,
      ...options,
    };
    this.#deps = deps;
  }

  async process({ jobId }: Pick<Evaluation, 'jobId'>): Promise<void> {
    switch (jobId) {
      case 'eval-gc':
        return this.#evaluations(this.#cutoffs());
      case 'job-gc':
        return this.#jobs(this.#cutoffs());
      case 'node-gc':
        return this.#nodes(this.#cutoffs());
      case FORCE_GC: {
        const now = this.#deps.clock.now();
        const cutoffs = { evaluations: now, batchEvaluations: now, jobs: now, nodes: now };
        await this.#jobs(cutoffs);
        await this.#evaluations(cutoffs);
        // Last, for they are kept by what is on them.
        return this.#nodes(cutoffs);
      }
      default:
        throw new Error(`core scheduler cannot handle job '${jobId}'`);
    }
  }

  #cutoffs(): Cutoffs {
    const now = this.#deps.clock.now();
    const { evalThresholdMs, batchEvalThresholdMs, jobThresholdMs, nodeThresholdMs } = this.#options;
    return {
      evaluations: now - evalThresholdMs,
      batchEvaluations: now - batchEvalThresholdMs,
      jobs: now - jobThresholdMs,
      nodes: now - nodeThresholdMs,
    };
  }

  async #evaluations(cutoffs: Cutoffs): Promise<void> {
    await this.#delete(collectableEvaluations(this.#deps.store.state(), cutoffs));
  }

  async #jobs(cutoffs: Cutoffs): Promise<void> {
    await this.#delete(collectableJobs(this.#deps.store.state(), cutoffs));
  }

  async #nodes(cutoffs: Cutoffs): Promise<void> {
    const { store, logger } = this.#deps;
    const ids = collectableNodes(store.state(), cutoffs);
    if (ids.length > 0) logger.debug('collecting nodes', { nodes: ids.length });
    for (let at = 0; at < ids.length; at += BATCH) await store.deleteNodes(ids.slice(at, at + BATCH));
  }

  /** Allocations go before their evaluations and these before their jobs, so that what is left can be found again. */
  async #delete({ jobs, evaluationIds, allocationIds }: Collectable): Promise<void> {
    const { store, logger } = this.#deps;
    if (evaluationIds.length + jobs.length > 0) {
      logger.debug('collecting', {
        jobs: jobs.length,
        evaluations: evaluationIds.length,
        allocations: allocationIds.length,
      });
    }
    for (let at = 0; at < allocationIds.length; at += BATCH) {
      await store.deleteEvaluations([], allocationIds.slice(at, at + BATCH));
    }
    for (let at = 0; at < evaluationIds.length; at += BATCH) {
      await store.deleteEvaluations(evaluationIds.slice(at, at + BATCH), []);
    }
    for (let at = 0; at < jobs.length; at += JOB_BATCH) await store.deleteJobs(jobs.slice(at, at + JOB_BATCH));
  }
}
