import type { Clock } from '@steppe/runtime';

/**
 * The index at which something last changed, and a way to wait for the next change.
 * Indexes only grow; a waiter is told at most once.
 */
export class ChangeIndex {
  #index: number;
  readonly #waiters = new Set<() => void>();

  constructor(initial: number) {
    this.#index = initial;
  }

  get value(): number {
    return this.#index;
  }

  /** Moves to `index` and wakes every waiter. */
  advance(index: number): void {
    if (index <= this.#index) throw new RangeError(`index ${index} does not follow ${this.#index}`);
    this.#index = index;
    for (const wake of this.#waiters) wake();
  }

  /** Resolves with true once the index exceeds `index`, with false when the time is over or the caller gave up. */
  waitBeyond(index: number, { clock, timeoutMs, signal }: WaitOptions): Promise<boolean> {
    if (this.#index > index) return Promise.resolve(true);
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (changed: boolean): void => {
        this.#waiters.delete(onChange);
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        resolve(changed);
      };
      const onChange = (): void => {
        if (this.#index > index) finish(true);
      };
      const onAbort = (): void => finish(false);
      const timer = clock.setTimer(timeoutMs, () => finish(false));
      this.#waiters.add(onChange);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

export interface WaitOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}
