import type { Random } from '@steppe/runtime';

export interface BackoffOptions {
  /** Longest first wait, milliseconds. */
  readonly baseMs: number;
  /** Longest wait, milliseconds. */
  readonly maxMs: number;
}

/** Waits that double from failure to failure; each is drawn between its half and its whole, so that peers do not march in step. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #failures = 0;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** How long to wait after one more failure, milliseconds. */
  next(): number {
    const { baseMs, maxMs } = this.#options;
    const whole = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return (whole * (1 + this.#random.next())) / 2;
  }

  reset(): void {
    this.#failures = 0;
  }
}
