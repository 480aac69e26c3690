import type { Evaluation, Plan, PlanResult } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { SchedulingState } from '../state/scheduling-state.js';
import type { DraftPlan, Planner, PlanOutcome, SchedulingLink } from './planner.js';

export interface DeliveryPlannerOptions {
  readonly evaluation: Evaluation;
  /** Of the delivery. */
  readonly token: string;
  readonly state: SchedulingState;
}

export interface DeliveryPlannerDeps {
  readonly link: SchedulingLink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called when a call is going to be repeated, and when it is. */
  readonly onDidRetry?: (isWaiting: boolean) => void;
}

const REFRESH_TIMEOUT_MS = 5_000;
const RETRY_BASE_MS = 500;
const RETRY_LIMIT_MS = 10_000;
/** A new leader may take its time; everything else is final. */
const WORTH_WAITING = ['No cluster leader', 'plan queue is disabled'];

/** The {@link Planner} of one delivery: stamps what it sends, and tries again while there is no leader. */
export class DeliveryPlanner implements Planner {
  readonly state: SchedulingState;
  readonly #evaluation: Evaluation;
  readonly #token: string;
  readonly #deps: DeliveryPlannerDeps;

  constructor({ evaluation, token, state }: DeliveryPlannerOptions, deps: DeliveryPlannerDeps) {
    this.#evaluation = evaluation;
    this.#token = token;
    this.state = state;
    this.#deps = deps;
  }

  async submitPlan(draft: DraftPlan): Promise<PlanOutcome> {
    const plan: Plan = {
      ...draft,
      evalId: this.#evaluation.id,
      evalToken: this.#token,
      snapshotIndex: this.state.index,
    };
    const result = await this.#retry<PlanResult>(() => this.#deps.link.submitPlan(plan));
    if (result.refreshIndex === 0) return { result, newState: undefined };
    const options = { timeoutMs: REFRESH_TIMEOUT_MS, signal: this.#deps.signal };
    return { result, newState: await this.#deps.link.stateAt(result.refreshIndex, options) };
  }

  updateEval(evaluation: Evaluation): Promise<void> {
    return this.#retry(() => this.#deps.link.updateEval(this.#stamped(evaluation), this.#token));
  }

  createEval(evaluation: Evaluation): Promise<void> {
    const createTimeMs = evaluation.createTimeMs || this.#deps.clock.now();
    return this.#retry(() => this.#deps.link.createEval(this.#stamped({ ...evaluation, createTimeMs }), this.#token));
  }

  async reblockEval(evaluation: Evaluation): Promise<void> {
    // What is still to be placed is shown with the job, which blocking alone would not change.
    if (!isSameQueued(evaluation, this.#evaluation)) await this.updateEval(evaluation);
    return this.#retry(() => this.#deps.link.reblockEval(this.#stamped(evaluation), this.#token));
  }

  #stamped(evaluation: Evaluation): Evaluation {
    return { ...evaluation, snapshotIndex: this.state.index, modifyTimeMs: this.#deps.clock.now() };
  }

  async #retry<T>(call: () => Promise<T>): Promise<T> {
    for (let delayMs = RETRY_BASE_MS; ; delayMs = Math.min(2 * delayMs, RETRY_LIMIT_MS)) {
      try {
        return await call();
      } catch (error) {
        const text = errorMessage(error);
        if (!WORTH_WAITING.some((reason) => text.includes(reason))) throw error;
      }
      this.#deps.onDidRetry?.(true);
      await sleep(this.#deps.clock, delayMs, { signal: this.#deps.signal });
      this.#deps.onDidRetry?.(false);
    }
  }
}

function isSameQueued({ queuedAllocations: a }: Evaluation, { queuedAllocations: b }: Evaluation): boolean {
  const groups = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...groups].every((group) => (a[group] ?? 0) === (b[group] ?? 0));
}
