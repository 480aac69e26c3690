import type { Clock } from '@steppe/runtime';
import type { Table } from '../table/table.js';
import { rowId } from './state-draft.js';

/** What a wait is for: a table, or one row of it. */
export interface WatchTarget {
  readonly table: Table;
  /** Primary key; absent for the whole table. */
  readonly key?: string;
}

export interface WaitOptions {
  /** Longest wait, milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface Waiter {
  readonly targets: readonly WatchTarget[];
  check(): void;
}

/** Who waits for which tables and rows. A commit costs only those who wait for what it changed. */
export class Watches {
  readonly #clock: Clock;
  readonly #indexOf: (target: WatchTarget) => number;
  readonly #waiters = new Map<string, Set<Waiter>>();

  /** @param indexOf - what a target's index is now */
  constructor(indexOf: (target: WatchTarget) => number, { clock }: { readonly clock: Clock }) {
    this.#indexOf = indexOf;
    this.#clock = clock;
  }

  /** Resolves with true once a target's index exceeds `index`, with false when the time is over or the caller gave up. */
  waitBeyond(targets: readonly WatchTarget[], index: number, { timeoutMs, signal }: WaitOptions): Promise<boolean> {
    const isPast = (): boolean => targets.some((target) => this.#indexOf(target) > index);
    if (isPast()) return Promise.resolve(true);
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (changed: boolean): void => {
        this.#remove(waiter);
        timer.cancel();
        signal?.removeEventListener('abort', giveUp);
        resolve(changed);
      };
      const giveUp = (): void => finish(false);
      const waiter: Waiter = { targets, check: () => void (isPast() && finish(true)) };
      const timer = this.#clock.setTimer(timeoutMs, giveUp);
      this.#add(waiter);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Wakes those who wait for these tables and rows. @param ids - names of tables, and {@link rowId}s */
  didChange(ids: Iterable<string>): void {
    for (const id of ids) for (const waiter of this.#waiters.get(id) ?? []) waiter.check();
  }

  /** Everything may be different: lets every waiter look. */
  didReset(): void {
    for (const waiters of this.#waiters.values()) for (const waiter of waiters) waiter.check();
  }

  #add(waiter: Waiter): void {
    for (const id of waiter.targets.map(targetId)) {
      const waiters = this.#waiters.get(id);
      if (waiters === undefined) this.#waiters.set(id, new Set([waiter]));
      else waiters.add(waiter);
    }
  }

  #remove(waiter: Waiter): void {
    for (const id of waiter.targets.map(targetId)) {
      const waiters = this.#waiters.get(id);
      waiters?.delete(waiter);
      if (waiters?.size === 0) this.#waiters.delete(id);
    }
  }
}

const targetId = ({ table, key }: WatchTarget): string => (key === undefined ? table.name : rowId(table.name, key));
