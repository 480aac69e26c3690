import type { Clock, Timer } from '@steppe/runtime';

export interface CoalesceTiming {
  /** Longest wait of the first event of a batch, milliseconds. 0 switches coalescing off. */
  readonly quantumMs: number;
  /** The batch goes out earlier when nothing has come for this long, milliseconds. */
  readonly quietMs: number;
}

/** How events of one kind are put together. */
export interface CoalesceStrategy<E> {
  /** Whether the event may wait; others pass at once. */
  accepts(event: E): boolean;
  collect(event: E): void;
  /** What is left of the batch, which starts anew. */
  take(): readonly E[];
}

/** Holds events back for a moment, so that a burst becomes few. */
export class Coalescer<E> {
  readonly #timing: CoalesceTiming;
  readonly #strategy: CoalesceStrategy<E>;
  readonly #clock: Clock;
  readonly #emit: (event: E) => void;
  #quantum: Timer | undefined;
  #quiet: Timer | undefined;

  constructor(
    timing: CoalesceTiming,
    deps: { readonly strategy: CoalesceStrategy<E>; readonly clock: Clock; readonly emit: (event: E) => void },
  ) {
    this.#timing = timing;
    this.#strategy = deps.strategy;
    this.#clock = deps.clock;
    this.#emit = deps.emit;
  }

  add(event: E): void {
    if (this.#timing.quantumMs === 0 || !this.#strategy.accepts(event)) {
      this.#emit(event);
      return;
    }
    this.#strategy.collect(event);
    this.#quantum ??= this.#clock.setTimer(this.#timing.quantumMs, () => this.flush());
    this.#quiet?.cancel();
    this.#quiet = this.#clock.setTimer(this.#timing.quietMs, () => this.flush());
  }

  /** Lets out what is held back. */
  flush(): void {
    this.#quantum?.cancel();
    this.#quiet?.cancel();
    this.#quantum = this.#quiet = undefined;
    for (const event of this.#strategy.take()) this.#emit(event);
  }
}
