import type { Clock, Timer } from '@steppe/runtime';

interface Scheduled {
  readonly at: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/**
 * Virtual time. Nothing happens until the test advances the clock; timers then fire in order of due time, equal ones in
 * order of creation, each seeing its own due time as `now()`.
 */
export class SimClock implements Clock {
  #time: number;
  #sequence = 0;
  readonly #start: number;
  readonly #maxEvents: number;
  readonly #scheduled = new Set<Scheduled>();

  /**
   * @param startMs - wall-clock time at the start, Unix milliseconds
   * @param maxEvents - how many timers one `advance` may fire before it fails, for programs that rearm without end
   */
  constructor(startMs = Date.UTC(2031, 4, 6, 7, 8, 9, 123), { maxEvents = 1_000_000 } = {}) {
    this.#maxEvents = maxEvents;
    this.#start = startMs;
    this.#time = startMs;
  }

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time - this.#start;
  }

  /** Timers and tickers not yet fired or cancelled. */
  get pending(): number {
    return this.#scheduled.size;
  }

  setTimer(ms: number, callback: () => void): Timer {
    return this.#schedule(ms, callback);
  }

  setTicker(ms: number, callback: () => void): Timer {
    let cancelled = false;
    let timer: Timer;
    const arm = (): void => {
      timer = this.#schedule(ms, () => {
        arm();
        callback();
      });
      if (cancelled) timer.cancel();
    };
    arm();
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  /** Moves time forward, firing what falls due; settles promises between timers. */
  async advance(ms: number): Promise<void> {
    const target = this.#time + ms;
    for (let events = 0; ; events += 1) {
      await settle();
      const next = this.#next();
      if (next === undefined || next.at > target) break;
      if (events >= this.#maxEvents) throw new Error(`SimClock: more than ${this.#maxEvents} events in one advance`);
      this.#scheduled.delete(next);
      this.#time = next.at;
      next.callback();
    }
    this.#time = target;
    await settle();
  }

  #schedule(ms: number, callback: () => void): Timer {
    const entry: Scheduled = { at: this.#time + Math.max(0, ms), sequence: (this.#sequence += 1), callback };
    this.#scheduled.add(entry);
    return { cancel: () => this.#scheduled.delete(entry) };
  }

  #next(): Scheduled | undefined {
    let first: Scheduled | undefined;
    for (const entry of this.#scheduled) {
      if (first === undefined || entry.at < first.at || (entry.at === first.at && entry.sequence < first.sequence)) {
        first = entry;
      }
    }
    return first;
  }
}

/** Lets every promise continuation that is ready run, several layers deep. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
