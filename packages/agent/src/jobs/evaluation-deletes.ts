import type { Evaluation, JobKey } from '@steppe/domain';
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
    return this.#state.transact((tx) => {
      demandPaused(tx);
      const rows = ids.map((id) => tx.get(EVALUATIONS, id));
      if (rows.includes(undefined)) throw apiError('EVAL_NOT_FOUND');
      return remove(tx, rows as readonly Evaluation[]);
    });
  }

  /** @returns how many @throws EVALS_BROKER_RUNNING, FILTER_INVALID, FILTER_NOT_APPLICABLE, and what a transaction throws */
  async byFilter(expression: string): Promise<Indexed<number>> {
    const filter = compileFilter(expression);
    let total = 0;
    for (;;) {
      const { index, value } = await this.#state.transact((tx) => {
        demandPaused(tx);
        const found: Evaluation[] = [];
        for (const row of tx.range(EVALUATIONS)) {
          if (found.length === MAX_DELETED) break;
          if (filter.matches(EVALUATION_WIRE.encode(row))) found.push(row);
        }
        return remove(tx, found);
      });
      total += value;
      if (value < MAX_DELETED) return { index, value: total };
    }
  }
}

/** Otherwise the broker would still hand out what is gone. */
function demandPaused(reader: StateReader): void {
  const settings = reader.get(SCHEDULER_CONFIGURATION, SCHEDULER_CONFIGURATION_KEY);
  if (settings?.pauseEvalBroker !== true) throw apiError('EVALS_BROKER_RUNNING');
}

function remove(tx: StateTransaction, rows: readonly Evaluation[]): number {
  const jobs = new Map<string, JobKey>();
  for (const { id, namespace, jobId } of rows) {
    tx.delete(EVALUATIONS, id);
    jobs.set(jobKey({ namespace, id: jobId }), { namespace, id: jobId });
  }
  for (const key of jobs.values()) refreshJobStatus(tx, key);
  return rows.length;
}
