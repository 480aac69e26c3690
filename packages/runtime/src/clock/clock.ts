/** A pending timer. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time below the apps, so that timers run under a simulator.
 * A pending timer of the system clock keeps the process alive: whoever sets one cancels it.
 */
export interface Clock {
  /** Wall clock, Unix milliseconds; the fraction carries microseconds. May jump. */
  now(): number;
  /** Monotonic milliseconds since an arbitrary start; for measuring and deadlines. */
  monotonic(): number;
  /** Calls once after `ms` (at least 0). */
  setTimer(ms: number, callback: () => void): Timer;
  /** Calls every `ms` (more than 0) until cancelled. */
  setTicker(ms: number, callback: () => void): Timer;
}

/** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, ms: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
