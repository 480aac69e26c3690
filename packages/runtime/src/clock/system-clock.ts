import type { Clock, Timer } from './clock.js';

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
    const timer = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timer) };
  }

  setTicker(ms: number, callback: () => void): Timer {
    const timer = setInterval(callback, ms);
    return { cancel: () => clearInterval(timer) };
  }
}
