import type { Clock, Timer } from '../clock/clock.js';

/** Entries of the heap for each that is still to fire, before the others are dropped. */
const MOST_PER_PENDING = 2;

/** A timer in the heap. Large simulations hold millions of them: nothing is made for one but this. */
class Scheduled implements Timer {
  readonly at: number;
  readonly sequence: number;
  /** Absent once fired or cancelled; the heap drops such an entry when it comes up. */
  callback: (() => void) | undefined;
  readonly #retire: (entry: Scheduled) => void;

  constructor(at: number, sequence: number, callback: () => void, retire: (entry: Scheduled) => void) {
    this.at = at;
    this.sequence = sequence;
    this.callback = callback;
    this.#retire = retire;
  }

  cancel(): void {
    this.#retire(this);
  }
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
  readonly #scheduled = new TimerHeap();
  #pending = 0;
  readonly #retire = (entry: Scheduled): void => {
    if (entry.callback === undefined) return;
    entry.callback = undefined;
    this.#pending -= 1;
    // Without this a program that cancels what it arms, far ahead, would fill the heap with dead entries.
    if (this.#scheduled.size > 64 && this.#scheduled.size > this.#pending * MOST_PER_PENDING)
      this.#scheduled.dropRetired();
  };

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
    return this.#pending;
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
      const next = this.#scheduled.first();
      if (next?.callback === undefined || next.at > target) break;
      if (events >= this.#maxEvents) throw new Error(`SimClock: more than ${this.#maxEvents} events in one advance`);
      const { callback } = next;
      this.#retire(next);
      this.#time = next.at;
      callback();
    }
    this.#time = target;
    await settle();
  }

  #schedule(ms: number, callback: () => void): Timer {
    this.#sequence += 1;
    const entry = new Scheduled(this.#time + Math.max(0, ms), this.#sequence, callback, this.#retire);
    this.#scheduled.add(entry);
    this.#pending += 1;
    return entry;
  }
}

/** A binary heap by due time, then by order of creation. Cancelling only marks an entry; it is dropped when it comes up. */
class TimerHeap {
  #entries: Scheduled[] = [];

  /** Entries held, retired ones included. */
  get size(): number {
    return this.#entries.length;
  }

  add(entry: Scheduled): void {
    const entries = this.#entries;
    let at = entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, entries[parent] as Scheduled)) break;
      entries[at] = entries[parent] as Scheduled;
      at = parent;
    }
    entries[at] = entry;
  }

  /** The next live entry; it stays. */
  first(): Scheduled | undefined {
    let first = this.#entries[0];
    while (first !== undefined && first.callback === undefined) {
      this.#removeFirst();
      first = this.#entries[0];
    }
    return first;
  }

  dropRetired(): void {
    // Sorted is a heap too.
    this.#entries = this.#entries
      .filter((entry) => entry.callback !== undefined)
      .sort((a, b) => (before(a, b) ? -1 : 1));
  }

  #removeFirst(): void {
    const entries = this.#entries;
    const last = entries.pop() as Scheduled;
    if (entries.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && before(entries[child + 1] as Scheduled, entries[child] as Scheduled))
        child += 1;
      if (!before(entries[child] as Scheduled, last)) break;
      entries[at] = entries[child] as Scheduled;
      at = child;
    }
    entries[at] = last;
  }
}

function before(a: Scheduled, b: Scheduled): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}

/** Lets every promise continuation that is ready run, several layers deep. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
