import type { Plan, PlanResult } from '@steppe/domain';
import { PriorityHeap } from '../broker/priority-heap.js';
import { schedulerError } from '../errors.js';

/** A plan and whoever waits for what becomes of it. */
export interface PendingPlan {
  readonly plan: Plan;
  readonly resolve: (result: PlanResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Plans of all workers on their way to the one applier: by priority, then by age. */
export class PlanQueue {
  readonly #heap = new PriorityHeap<PendingPlan>();
  #enabled = false;
  #order = 0;
  #wake: ((pending: PendingPlan | undefined) => void) | undefined;

  get depth(): number {
    return this.#heap.size;
  }

  get isEnabled(): boolean {
    return this.#enabled;
  }

  /** Disabling tells everybody who waits. */
  setEnabled(enabled: boolean): void {
    if (this.#enabled && !enabled) {
      for (const { reject } of this.#heap.values()) reject(schedulerError('PLAN_QUEUE_FLUSHED'));
      this.#heap.clear();
      this.#wake?.(undefined);
    }
    this.#enabled = enabled;
  }

  /** Resolves when the plan is applied, wholly, partly or not at all. @throws PLAN_QUEUE_DISABLED, PLAN_QUEUE_FLUSHED */
  submit(plan: Plan): Promise<PlanResult> {
    if (!this.#enabled) return Promise.reject(schedulerError('PLAN_QUEUE_DISABLED'));
    return new Promise((resolve, reject) => {
      this.#order += 1;
      const pending = { plan, resolve, reject };
      if (this.#wake !== undefined) this.#wake(pending);
      else this.#heap.push(pending, -plan.priority, this.#order);
    });
  }

  /** The next plan, for one caller at a time; `undefined` once the queue is disabled. */
  take(): Promise<PendingPlan | undefined> {
    const next = this.#heap.pop();
    if (next !== undefined || !this.#enabled) return Promise.resolve(next);
    return new Promise((resolve) => {
      this.#wake = (pending) => {
        this.#wake = undefined;
        resolve(pending);
      };
    });
  }
}
