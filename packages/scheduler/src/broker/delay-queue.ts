import type { Clock, Timer } from '@steppe/runtime';
import { PriorityHeap } from './priority-heap.js';

interface Delayed<T> {
  readonly item: T;
  readonly dueMs: number;
}

/** The longest a timer is set for; what is due later is looked at again then. */
const MAX_TIMER_MS = 3_600_000;

/** Items that become due at a time of their own, with one timer for all of them. */
export class DelayQueue<T> {
  readonly #clock: Clock;
  readonly #onDue: (item: T) => void;
  readonly #heap = new PriorityHeap<Delayed<T>>();
  #timer: Timer | undefined;
  #order = 0;

  constructor({ clock, onDue }: { readonly clock: Clock; readonly onDue: (item: T) => void }) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#heap.size;
  }

  /** @param dueMs - Unix milliseconds; a time that has passed is due with the next turn of the clock */
  push(item: T, dueMs: number): void {
    this.#order += 1;
    this.#heap.push({ item, dueMs }, dueMs, this.#order);
    this.#arm();
  }

  clear(): void {
    this.#heap.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer?.cancel();
    const next = this.#heap.peek();
    if (next === undefined) {
      this.#timer = undefined;
      return;
    }
    const waitMs = Math.min(Math.max(0, next.dueMs - this.#clock.now()), MAX_TIMER_MS);
    this.#timer = this.#clock.setTimer(waitMs, () => this.#fire());
  }

  #fire(): void {
    const now = this.#clock.now();
    for (let next = this.#heap.peek(); next !== undefined && next.dueMs <= now; next = this.#heap.peek()) {
      this.#heap.pop();
      this.#onDue(next.item);
    }
    this.#arm();
  }
}
