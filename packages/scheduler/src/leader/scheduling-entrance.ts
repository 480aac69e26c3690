import type { Evaluation, Plan, PlanResult } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { BlockedEvals } from '../blocked/blocked-evals.js';
import type { EvalBroker } from '../broker/eval-broker.js';
import type { VersionedDequeueOptions } from '../broker/eval-entrance.js';
import { EvalEntrance } from '../broker/eval-entrance.js';
import type { Delivery, EvalSource } from '../broker/eval-source.js';
import { planJobNotFound } from '../errors.js';
import type { PlanQueue } from '../plan/plan-queue.js';
import type { RegionStore } from './region-store.js';
import type { SchedulingLink } from '../worker/planner.js';

export interface SchedulingEntranceDeps {
  readonly broker: EvalBroker;
  readonly blocked: BlockedEvals;
  readonly queue: PlanQueue;
  readonly store: Pick<RegionStore, 'state' | 'writeEvaluations'>;
  readonly clock: Clock;
}

/**
 * What the leader does for workers, its own ones and those of others: whoever calls shows the token of the delivery, and what
 * was handed to somebody else is refused.
 * @see spec "The worker loop" and "Submission and queue" of scheduling
 */
export class SchedulingEntrance implements EvalSource, Omit<SchedulingLink, 'stateAt'> {
  readonly #deps: SchedulingEntranceDeps;
  readonly #source: EvalEntrance;

  constructor(deps: SchedulingEntranceDeps) {
    this.#deps = deps;
    this.#source = new EvalEntrance(deps);
  }

  /** @throws SCHEDULER_VERSION_MISMATCH, DEQUEUE_WITHOUT_TYPE */
  dequeue(types: readonly string[], options: VersionedDequeueOptions): Promise<Delivery | undefined> {
    return this.#source.dequeue(types, options);
  }

  ack(evalId: string, token: string): Promise<void> {
    return this.#source.ack(evalId, token);
  }

  nack(evalId: string, token: string): Promise<void> {
    return this.#source.nack(evalId, token);
  }

  /** @throws EVAL_NOT_OUTSTANDING, EVAL_TOKEN_MISMATCH, PLAN_JOB_NOT_FOUND, PLAN_QUEUE_DISABLED, PLAN_QUEUE_FLUSHED */
  async submitPlan(plan: Plan): Promise<PlanResult> {
    const { broker, queue, store } = this.#deps;
    const { evalId, evalToken, job, nodeAllocation } = plan;
    // The allocations of a job that is gone are still to be stopped.
    if (Object.keys(nodeAllocation).length > 0 && store.state().job(job.namespace, job.id) === undefined) {
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
    await this.#deps.store.writeEvaluations([evaluation]);
  }

  /** @throws EVAL_NOT_OUTSTANDING, EVAL_TOKEN_MISMATCH: the token is that of the evaluation it follows */
  async createEval(evaluation: Evaluation, token: string): Promise<void> {
    this.#deps.broker.resetNackTimer(evaluation.previousEval, token);
    await this.#deps.store.writeEvaluations([evaluation]);
  }

  /** @throws EVAL_NOT_OUTSTANDING, EVAL_TOKEN_MISMATCH */
  async reblockEval(evaluation: Evaluation, token: string): Promise<void> {
    this.#deps.broker.resetNackTimer(evaluation.id, token);
    this.#deps.blocked.block(evaluation, token);
  }
}
