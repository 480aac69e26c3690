import type { JobKey } from '@steppe/domain';
import { EVALUATION_WIRE } from '@steppe/domain';
import type { Indexed, StateReader, StateStore, StateTransaction } from '@steppe/state';
import {
  compileFilter,
  EVALUATIONS,
  jobKey,
  SCHEDULER_CONFIGURATION,
  SCHEDULER_CONFIGURATION_KEY,
} from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { inParts } from '../scheduling/in-parts.js';
import { refreshJobStatus } from '../scheduling/job-rows.js';

/** Most evaluations deleted in one write, and by one request that names them. @see spec "Constants" of scheduling */
export const MAX_DELETED = 7_281;

/** Deleting evaluations by hand, while nothing is scheduled. */
export class EvaluationDeletes {
  readonly #state: StateStore;

  constructor(state: StateStore) {
    this.#state = state;
  }

  /** @returns how many @throws EVALS_BROKER_RUNNING, EVAL_NOT_FOUND, and what a transaction throws */
  async byId(ids: readonly string[]): Promise<Indexed<number>> {
    const snapshot = this.#state.snapshot();
    demandPaused(snapshot);
    if (ids.some((id) => snapshot.get(EVALUATIONS, id) === undefined)) throw apiError('EVAL_NOT_FOUND');
    return this.#delete(ids);
  }

  /** @returns how many @throws EVALS_BROKER_RUNNING, FILTER_INVALID, FILTER_NOT_APPLICABLE, and what a transaction throws */
  async byFilter(expression: string): Promise<Indexed<number>> {
    const filter = compileFilter(expression);
    const snapshot = this.#state.snapshot();
    demandPaused(snapshot);
    const found = snapshot.rows(EVALUATIONS).filter((row) => filter.matches(EVALUATION_WIRE.encode(row)));
    return this.#delete(found.map(({ id }) => id));
  }

  async #delete(ids: readonly string[]): Promise<Indexed<number>> {
    let index = this.#state.index;
    for (let from = 0; from < ids.length; from += MAX_DELETED) {
      index = await inParts(ids.slice(from, from + MAX_DELETED), async (part) => {
        const deleted = await this.#state.transact((tx) => {
          demandPaused(tx);
          remove(tx, part);
        });
        return deleted.index;
      });
    }
    return { index, value: ids.length };
  }
}

/** Otherwise the broker would still hand out what is gone. */
function demandPaused(reader: StateReader): void {
  const settings = reader.get(SCHEDULER_CONFIGURATION, SCHEDULER_CONFIGURATION_KEY);
  if (settings?.pauseEvalBroker !== true) throw apiError('EVALS_BROKER_RUNNING');
}

function remove(tx: StateTransaction, ids: readonly string[]): void {
  const jobs = new Map<string, JobKey>();
  for (const id of ids) {
    const row = tx.get(EVALUATIONS, id);
    if (row === undefined) continue;
    const key = { namespace: row.namespace, id: row.jobId };
    tx.delete(EVALUATIONS, id);
    jobs.set(jobKey(key), key);
  }
  for (const key of jobs.values()) refreshJobStatus(tx, key);
}
