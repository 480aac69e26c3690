import type { Plan, PlanResult } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Metrics } from '@steppe/runtime';
import { SCHEDULER_METRICS } from '../metrics.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import { evaluatePlan } from './evaluate-plan.js';
import type { PendingPlan, PlanQueue } from './plan-queue.js';

/** What the applier needs of the leader. */
export interface PlanStore {
  /** The state as of `index` or later. @throws when it takes too long */
  stateAt(index: number): Promise<SchedulingState>;
  /** Writes what is left of a plan, with the evaluation's modify index. @returns index of the write */
  write(plan: Plan, result: PlanResult): Promise<number>;
}

export interface PlanApplierDeps {
  readonly queue: PlanQueue;
  readonly store: PlanStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * The leader's one loop that carries out plans: each is checked against the state that the one before has led to, and written.
 *
 * Differs from Nomad: the next plan is checked after the write of the one before, not during it; what each sees is the same.
 */
export class PlanApplier {
  readonly #deps: PlanApplierDeps;
  #lastIndex = 0;

  constructor(deps: PlanApplierDeps) {
    this.#deps = deps;
  }

  /** Runs until the queue is disabled. Never rejects. */
  async run(): Promise<void> {
    for (;;) {
      const pending = await this.#deps.queue.take();
      if (pending === undefined) return;
      await this.#apply(pending);
    }
  }

  async #apply({ plan, resolve, reject }: PendingPlan): Promise<void> {
    try {
      resolve(await this.#carryOut(plan));
    } catch (error) {
      this.#deps.logger.error('failed to apply plan', { eval_id: plan.evalId, error: errorMessage(error) });
      reject(error);
    }
  }

  async #carryOut(plan: Plan): Promise<PlanResult> {
    const { store, clock, metrics } = this.#deps;
    const state = await store.stateAt(Math.max(this.#lastIndex, plan.snapshotIndex));
    const startedMs = clock.monotonic();
    const { result, refusals } = evaluatePlan(state, plan);
    metrics.addSample(SCHEDULER_METRICS.planEvaluate, clock.monotonic() - startedMs);
    this.#report(plan, refusals);
    if (Object.keys(result.nodeUpdate).length === 0 && Object.keys(result.nodeAllocation).length === 0) return result;
    const allocIndex = await store.write(plan, result);
    this.#lastIndex = allocIndex;
    const refreshIndex = result.refreshIndex === 0 ? 0 : Math.max(result.refreshIndex, allocIndex);
    return { ...result, allocIndex, refreshIndex };
  }

  #report(plan: Plan, refusals: ReadonlyMap<string, string>): void {
    const { logger, metrics } = this.#deps;
    for (const [nodeId, reason] of refusals) {
      logger.debug('plan for node rejected', { node_id: nodeId, reason, eval_id: plan.evalId });
      metrics.incrCounter(SCHEDULER_METRICS.nodeRejected, 1, { node_id: nodeId });
    }
  }
}
