import type { Evaluation } from '@steppe/domain';
import { errorMessage, EVALUATION_WIRE } from '@steppe/domain';
import type { Clock, Logger, Random } from '@steppe/runtime';
import type { EvalBroker } from '../broker/eval-broker.js';
import { FAILED_QUEUE } from '../broker/eval-broker.js';
import type { Delivery } from '../broker/eval-source.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import type { EvalWriter } from './region-store.js';

export interface FailedEvalReaperDeps {
  readonly broker: EvalBroker;
  readonly writer: EvalWriter;
  /** The newest state. */
  readonly state: () => SchedulingState;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const MIN_WAIT_MS = 60_000;
const WAIT_SPREAD_MS = 5 * 60_000;

/**
 * Writes off evaluations that no worker could do, and has them tried again some minutes later.
 * @see spec "Nack timing and delivery limit" of scheduling
 */
export class FailedEvalReaper {
  readonly #deps: FailedEvalReaperDeps;

  constructor(deps: FailedEvalReaperDeps) {
    this.#deps = deps;
  }

  /** Runs until the signal aborts or the broker is disabled. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#deps.broker.isEnabled) {
      const delivery = await this.#next(signal);
      if (delivery !== undefined) await this.#reap(delivery);
    }
  }

  /** `undefined` as well when the broker is disabled meanwhile. */
  #next(signal: AbortSignal): Promise<Delivery | undefined> {
    return this.#deps.broker.dequeue([FAILED_QUEUE], { timeoutMs: 0, signal }).catch(() => undefined);
  }

  async #reap({ evaluation, token }: Delivery): Promise<void> {
    const { broker, writer, logger } = this.#deps;
    try {
      // Core evaluations are nowhere but in the broker, and come again by themselves.
      if (evaluation.type !== CORE) await writer.writeEvaluations(this.#writtenOff(evaluation));
      await broker.ack(evaluation.id, token);
    } catch (error) {
      // When nobody acks it in time it comes again.
      logger.error('failed to write off evaluation', { eval_id: evaluation.id, error: errorMessage(error) });
    }
  }

  #writtenOff(evaluation: Evaluation): readonly Evaluation[] {
    const { state, clock, random, logger } = this.#deps;
    const nowMs = clock.now();
    const failed: Evaluation = {
      ...evaluation,
      status: 'failed',
      statusDescription: `evaluation reached delivery limit (${DELIVERY_LIMIT})`,
      modifyTimeMs: nowMs,
    };
    logger.warn('evaluation reached delivery limit', { eval_id: evaluation.id, job_id: evaluation.jobId });
    if (state().job(evaluation.namespace, evaluation.jobId) === undefined) return [failed];
    const { namespace, priority, type, jobId, jobModifyIndex, id } = evaluation;
    const followUp: Evaluation = {
      ...EVALUATION_WIRE.empty,
      id: random.uuid(),
      namespace,
      priority,
      type,
      jobId,
      jobModifyIndex,
      triggeredBy: 'failed-follow-up',
      status: 'pending',
      waitMs: MIN_WAIT_MS + Math.floor(random.next() * WAIT_SPREAD_MS),
      previousEval: id,
      createTimeMs: nowMs,
      modifyTimeMs: nowMs,
    };
    return [{ ...failed, nextEval: followUp.id }, followUp];
  }
}

const CORE = '_core';
const DELIVERY_LIMIT = 3;
