import type { Clock, Timer } from '@steppe/runtime';

/** How often we look. Shorter than any probe timeout, so that a stall which costs a probe is seen. */
const INTERVAL_MS = 100;

export interface LoopLagDeps {
  readonly clock: Clock;
  /** Called with every reading, milliseconds. */
  readonly onLag: (ms: number) => void;
}

/**
 * Measures how late timers fire: how long the event loop was busy with something else. While it is, no ack is read, and
 * whoever we probe then looks dead through no fault of his.
 */
export class LoopLag {
  readonly #deps: LoopLagDeps;
  #timer: Timer | undefined;

  constructor(deps: LoopLagDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, onLag } = this.#deps;
    const due = clock.monotonic() + INTERVAL_MS;
    this.#timer = clock.setTimer(INTERVAL_MS, () => {
      onLag(Math.max(0, clock.monotonic() - due));
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
