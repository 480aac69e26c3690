import type { Plan, PlanResult } from '@steppe/domain';
import { errorMessage, isSteppeError, SteppeError } from '@steppe/domain';
import type { Clock, Logger, Metrics } from '@steppe/runtime';
import { Turns } from '@steppe/runtime';
import { SCHEDULER_METRICS } from '../metrics.js';
import type { AwaitIndexOptions } from '../state/await-index.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import type { SchedulerError } from '../errors.js';
import { schedulerError } from '../errors.js';
import type { EvaluatedPlan } from './evaluate-plan.js';
import { evaluatePlan, nodeProblem } from './evaluate-plan.js';
import type { PendingPlan, PlanQueue } from './plan-queue.js';
import type { PlanRejections } from './plan-rejection-tracker.js';

/** What the applier needs of the leader. */
export interface PlanStore {
  /** The state as of `index` or later. @throws STATE_BEHIND */
  stateAt(index: number, options: AwaitIndexOptions): Promise<SchedulingState>;
  /**
   * Writes what `planWrites` makes of the result on top of the newest state, and the evaluation with a new modify index, as one
   * change; nothing once the lead is lost.
   * @param turns - the work is one with the check of the plan, as far as holding up others goes
   * @returns index of the write
   */
  write(plan: Plan, result: PlanResult, turns: Turns): Promise<number>;
}

export interface PlanApplierDeps {
  readonly queue: PlanQueue;
  readonly store: PlanStore;
  /** Whether a plan's evaluation is still with the worker that made it. */
  readonly isCurrent: (plan: Plan) => boolean;
  /** Is told of each node whose part of a plan was refused. */
  readonly rejections?: PlanRejections | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const STATE_TIMEOUT_MS = 10_000;

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

  /** Runs until the queue is disabled. Never rejects. @param signal - ends waits when the lead is lost */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const pending = await this.#deps.queue.take();
      if (pending === undefined) return;
      await this.#apply(pending, signal);
    }
  }

  async #apply({ plan, resolve, reject }: PendingPlan, signal: AbortSignal): Promise<void> {
    try {
      resolve(await this.#carryOut(plan, signal));
    } catch (error) {
      this.#deps.logger.error('failed to apply plan', { eval_id: plan.evalId, error: errorMessage(error) });
      reject(error);
    }
  }

  async #carryOut(plan: Plan, signal: AbortSignal): Promise<PlanResult> {
    const { store, clock, metrics } = this.#deps;
    const state = await this.#stateFor(plan, signal);
    // While it waited, its worker may have handed the evaluation back.
    if (!this.#deps.isCurrent(plan)) throw schedulerError('EVAL_TOKEN_MISMATCH');
    const turns = new Turns(clock);
    const startedMs = clock.monotonic();
    const { result, refusals } = await this.#evaluate(state, plan, { turns, signal });
    metrics.addSample(SCHEDULER_METRICS.planEvaluate, clock.monotonic() - startedMs);
    this.#report(plan, refusals);
    if (Object.keys(result.nodeUpdate).length === 0 && Object.keys(result.nodeAllocation).length === 0) return result;
    const allocIndex = await store.write(plan, result, turns);
    this.#lastIndex = allocIndex;
    const refreshIndex = result.refreshIndex === 0 ? 0 : Math.max(result.refreshIndex, allocIndex);
    return { ...result, allocIndex, refreshIndex };
  }

  /** All of it against one state, whatever happens between its turns. */
  async #evaluate(
    state: SchedulingState,
    plan: Plan,
    { turns, signal }: { readonly turns: Turns; readonly signal: AbortSignal },
  ): Promise<EvaluatedPlan> {
    const refusals = new Map<string, string>();
    for (const nodeId of Object.keys(plan.nodeAllocation)) {
      if (turns.isOver) await turns.next({ signal });
      const problem = nodeProblem(state, plan, nodeId);
      if (problem !== undefined) refusals.set(nodeId, problem);
    }
    return evaluatePlan(state, plan, refusals);
  }

  async #stateFor({ snapshotIndex }: Plan, signal: AbortSignal): Promise<SchedulingState> {
    const previous = this.#lastIndex;
    try {
      return await this.#deps.store.stateAt(Math.max(previous, snapshotIndex), { timeoutMs: STATE_TIMEOUT_MS, signal });
    } catch (error) {
      if (!isSteppeError(error, 'STATE_BEHIND')) throw error;
      throw new SteppeError(
        (error as SchedulerError).detail,
        `${errorMessage(error)} (previous plan result index=${previous}; plan snapshot index=${snapshotIndex})`,
      );
    }
  }

  #report(plan: Plan, refusals: ReadonlyMap<string, string>): void {
    const { logger, metrics, rejections } = this.#deps;
    for (const [nodeId, reason] of refusals) {
      logger.debug('plan for node rejected', { node_id: nodeId, reason, eval_id: plan.evalId });
      metrics.incrCounter(SCHEDULER_METRICS.nodeRejected, 1, { node_id: nodeId });
      rejections?.rejected(nodeId);
    }
  }
}
