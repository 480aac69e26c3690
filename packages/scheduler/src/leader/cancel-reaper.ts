import type { Evaluation } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { Clock, Logger } from '@steppe/runtime';
import type { BlockedEvals } from '../blocked/blocked-evals.js';
import type { EvalBroker } from '../broker/eval-broker.js';
import type { EvalWriter } from './region-store.js';

export interface CancelReaperDeps {
  readonly broker: EvalBroker;
  readonly blocked: BlockedEvals;
  readonly writer: EvalWriter;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Most evaluations of one write. */
const BATCH = 728;

/**
 * Writes as canceled what newer evaluations have made pointless: those that were pending behind them, and those that are blocked
 * for the same job.
 * @see spec "Cancelable reaper" and "Blocked evaluations" of scheduling
 */
export class CancelReaper {
  readonly #deps: CancelReaperDeps;
  #pending: readonly Evaluation[] = [];
  #running: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(deps: CancelReaperDeps) {
    this.#deps = deps;
  }

  /** Writes all there are now; what comes up meanwhile, too. Never rejects. */
  reap(): Promise<void> {
    this.#isAskedAgain = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Forgets what could not be written: who leads now finds it in the state. */
  clear(): void {
    this.#pending = [];
  }

  async #run(): Promise<void> {
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      try {
        for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
          this.#pending = batch;
          await this.#deps.writer.writeEvaluations(batch);
          this.#pending = [];
        }
      } catch (error) {
        // They are tried again the next time.
        this.#deps.logger.error('failed to cancel evaluations', { error: errorMessage(error) });
        return;
      }
    }
  }

  #take(): readonly Evaluation[] {
    if (this.#pending.length > 0) return this.#pending;
    const { broker, blocked, clock } = this.#deps;
    const modifyTimeMs = clock.now();
    const overtaken = broker.takeCancelable(BATCH).map((evaluation) => ({
      ...evaluation,
      status: 'canceled',
      statusDescription: 'canceled after more recent eval was processed',
      modifyTimeMs,
    }));
    if (overtaken.length > 0) return overtaken;
    return blocked.takeDuplicates(BATCH).map((evaluation) => ({
      ...evaluation,
      status: 'canceled',
      statusDescription: `existing blocked evaluation exists for job "${evaluation.jobId}"`,
      modifyTimeMs,
    }));
  }
}
