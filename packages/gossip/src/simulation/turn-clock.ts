import type { Clock, Timer } from '@steppe/runtime';

/** One thing to do in a turn. */
class TurnCall implements Timer {
  callback: (() => void) | undefined;

  constructor(callback: () => void) {
    this.callback = callback;
  }

  cancel(): void {
    this.callback = undefined;
  }
}

/**
 * A clock on which everything that many processes want done at once is done in one turn of the clock below, in order:
 * a virtual clock settles promises before each of its timers, which in a large pool would cost more than the work.
 */
export class TurnClock implements Clock {
  readonly #clock: Clock;
  /** The turn that is to come at this very time. */
  #turn: TurnCall[] | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimer(ms: number, callback: () => void): Timer {
    if (ms > 0) return this.#clock.setTimer(ms, callback);
    if (this.#turn === undefined) {
      this.#turn = [];
      this.#clock.setTimer(0, () => this.#take());
    }
    const call = new TurnCall(callback);
    this.#turn.push(call);
    return call;
  }

  setTicker(ms: number, callback: () => void): Timer {
    return this.#clock.setTicker(ms, callback);
  }

  #take(): void {
    const turn = this.#turn ?? [];
    // What is wanted at once by what is done now comes a turn later.
    this.#turn = undefined;
    for (const { callback } of turn) callback?.();
  }
}
