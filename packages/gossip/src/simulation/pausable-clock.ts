import type { Clock, Timer } from '@steppe/runtime';

/**
 * The clock of one simulated process that can be stopped, as by SIGSTOP: time goes on, but nothing fires until it is
 * resumed. What fell due meanwhile then fires at once: first timers, then what came from the network, each in order, as
 * the event loop of Node does after it stood still. A ticker fires only once.
 */
export class PausableClock implements Clock {
  readonly #clock: Clock;
  #paused = false;
  #heldTimers: (() => void)[] = [];
  #heldInput: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get paused(): boolean {
    return this.#paused;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimer(ms: number, callback: () => void): Timer {
    let held: { callback: (() => void) | undefined } | undefined;
    const timer = this.#clock.setTimer(ms, () => {
      if (!this.#paused) {
        callback();
        return;
      }
      const waiting = { callback };
      held = waiting;
      this.#heldTimers.push(() => waiting.callback?.());
    });
    return {
      cancel: () => {
        timer.cancel();
        if (held !== undefined) held.callback = undefined;
      },
    };
  }

  setTicker(ms: number, callback: () => void): Timer {
    let cancelled = false;
    let held = false;
    const ticker = this.#clock.setTicker(ms, () => {
      if (held) return;
      held = this.#paused;
      this.#fire(() => {
        held = false;
        if (!cancelled) callback();
      });
    });
    return {
      cancel: () => {
        cancelled = true;
        ticker.cancel();
      },
    };
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    const held = [...this.#heldTimers, ...this.#heldInput];
    this.#heldTimers = [];
    this.#heldInput = [];
    for (const callback of held) callback();
  }

  /** Calls for something that came from the network: now, or when resumed. */
  run(callback: () => void): void {
    if (this.#paused) this.#heldInput.push(callback);
    else callback();
  }

  #fire(callback: () => void): void {
    if (this.#paused) this.#heldTimers.push(callback);
    else callback();
  }
}
