import type { Clock, Timer } from './clock.js';

/** Node's own timers fire at once when they are to take longer than this, 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Real time. A pending timer keeps the process alive, as Node's own do: who sets one cancels it. */
export class SystemClock implements Clock {
  now(): number {
    // Not `performance.timeOrigin + performance.now()`, which does not follow when the system's clock is set.
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  setTimer(ms: number, callback: () => void): Timer {
    const wait = (leftMs: number): NodeJS.Timeout =>
      leftMs <= MAX_TIMER_MS
        ? setTimeout(callback, leftMs)
        : setTimeout(() => (timer = wait(leftMs - MAX_TIMER_MS)), MAX_TIMER_MS);
    let timer = wait(ms);
    return { cancel: () => clearTimeout(timer) };
  }

  setTicker(ms: number, callback: () => void): Timer {
    if (ms > MAX_TIMER_MS) return this.#setLongTicker(ms, callback);
    const timer = setInterval(callback, ms);
    return { cancel: () => clearInterval(timer) };
  }

  #setLongTicker(ms: number, callback: () => void): Timer {
    const tick = (): void => {
      timer = this.setTimer(ms, tick);
      callback();
    };
    let timer = this.setTimer(ms, tick);
    return { cancel: () => timer.cancel() };
  }
}
