import type { Clock, Timer } from './clock.js';

export class SystemClock implements Clock {
  now(): number {
    return performance.timeOrigin + performance.now();
  }

  monotonic(): number {
    return performance.now();
  }

  setTimer(ms: number, callback: () => void): Timer {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  }

  setTicker(ms: number, callback: () => void): Timer {
    const timer = setInterval(callback, ms);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  }
}
