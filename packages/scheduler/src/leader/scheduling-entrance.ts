import type { Evaluation, Plan, PlanResult } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { BlockedEvals } from '../blocked/blocked-evals.js';
import type { EvalBroker } from '../broker/eval-broker.js';
import type { Delivery, DequeueOptions, EvalSource } from '../broker/eval-source.js';
import { planJobNotFound, schedulerError, versionMismatch } from '../errors.js';
import type { PlanQueue } from '../plan/plan-queue.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import type { SchedulingLink } from '../worker/planner.js';

/** The version of how servers schedule together; workers of another one get no evaluations. */
export const SCHEDULER_VERSION = 1;

/** Writes evaluations into the region's state, all as one change. */
export interface EvalWriter {
  /** Resolves when they are in the state; nothing is written once the lead is lost. @throws when that cannot be */
  writeEvaluations(evaluations: readonly Evaluation[]): Promise<void>;
}

export interface SchedulingEntranceDeps {
  readonly broker: EvalBroker;
  readonly blocked: BlockedEvals;
  readonly queue: PlanQueue;
  readonly writer: EvalWriter;
  /** The newest state. */
  readonly state: () => SchedulingState;
  readonly clock: Clock;
}

/** How often it is looked whether a broker that is paused goes on. */
const ENABLED_POLL_MS = 50;

/**
 * What the leader does for workers, its own ones and those of others: whoever calls shows the token of the delivery, and what
 * was handed to somebody else is refused.
 * @see spec "The worker loop" and "Submission and queue" of scheduling
 */
export class SchedulingEntrance implements EvalSource, Omit<SchedulingLink, 'stateAt'> {
  readonly #deps: SchedulingEntranceDeps;

  constructor(deps: SchedulingEntranceDeps) {
    this.#deps = deps;
  }

  /**
   * Of a broker that is paused there is nothing, after the time to wait has passed.
   * @throws SCHEDULER_VERSION_MISMATCH, DEQUEUE_WITHOUT_TYPE
   */
  async dequeue(
    types: readonly string[],
    {
      timeoutMs,
      signal,
      schedulerVersion = SCHEDULER_VERSION,
    }: DequeueOptions & { readonly schedulerVersion?: number },
  ): Promise<Delivery | undefined> {
    const { broker, clock } = this.#deps;
    if (schedulerVersion !== SCHEDULER_VERSION) throw versionMismatch(schedulerVersion, SCHEDULER_VERSION);
    if (types.length === 0) throw schedulerError('DEQUEUE_WITHOUT_TYPE');
    const deadline = clock.monotonic() + (timeoutMs > 0 ? timeoutMs : DEFAULT_TIMEOUT_MS);
    const left = (): number => deadline - clock.monotonic();
    while (!broker.isEnabled) {
      if (left() <= 0 || signal.aborted) return undefined;
      // Whoever gives up gets nothing, as with a broker that has nothing.
      await sleep(clock, Math.min(ENABLED_POLL_MS, left()), { signal }).catch(() => undefined);
    }
    return broker.dequeue(types, { timeoutMs: Math.max(1, left()), signal });
  }

  ack(evalId: string, token: string): Promise<void> {
    return this.#deps.broker.ack(evalId, token);
  }

  nack(evalId: string, token: string): Promise<void> {
    return this.#deps.broker.nack(evalId, token);
  }

  /** @throws EVAL_NOT_OUTSTANDING, EVAL_TOKEN_MISMATCH, PLAN_JOB_NOT_FOUND, PLAN_QUEUE_DISABLED, PLAN_QUEUE_FLUSHED */
  async submitPlan(plan: Plan): Promise<PlanResult> {
    const { broker, queue, state } = this.#deps;
    const { evalId, evalToken, job, nodeAllocation } = plan;
    // The allocations of a job that is gone are still to be stopped.
    if (Object.keys(nodeAllocation).length > 0 && state().job(job.namespace, job.id) === undefined) {
      throw planJobNotFound(job.namespace, job.id);
    }
    broker.pauseNackTimer(evalId, evalToken);
    try {
      return await queue.submit(plan);
    } finally {
      // It may have been handed back while the plan waited.
      if (broker.outstanding(evalId) === evalToken) broker.resetNackTimer(evalId, evalToken);
    }
  }

  /** @throws EVAL_NOT_OUTSTANDING, EVAL_TOKEN_MISMATCH */
  async updateEval(evaluation: Evaluation, token: string): Promise<void> {
    this.#deps.broker.resetNackTimer(evaluation.id, token);
    await this.#deps.writer.writeEvaluations([evaluation]);
  }

  /** @throws EVAL_NOT_OUTSTANDING, EVAL_TOKEN_MISMATCH: the token is that of the evaluation it follows */
  async createEval(evaluation: Evaluation, token: string): Promise<void> {
    this.#deps.broker.resetNackTimer(evaluation.previousEval, token);
    await this.#deps.writer.writeEvaluations([evaluation]);
  }

  /** @throws EVAL_NOT_OUTSTANDING, EVAL_TOKEN_MISMATCH */
  async reblockEval(evaluation: Evaluation, token: string): Promise<void> {
    this.#deps.broker.resetNackTimer(evaluation.id, token);
    this.#deps.blocked.block(evaluation, token);
  }
}

/** For callers that name none. */
const DEFAULT_TIMEOUT_MS = 1_000;
