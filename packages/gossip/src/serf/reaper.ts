import type { Clock } from '@steppe/runtime';
import type { MemberTable } from './member-table.js';
import type { MemberEvent } from './serf-event.js';

export interface ReaperOptions {
  /** How long a failed member is kept, milliseconds. */
  readonly reconnectTimeoutMs: number;
  /** How long a member that left is kept, milliseconds. */
  readonly tombstoneTimeoutMs: number;
}

export interface ReaperDeps {
  readonly clock: Clock;
  readonly table: MemberTable;
  readonly emit: (event: MemberEvent) => void;
}

/** Forgets members that have been gone for long. */
export class Reaper {
  readonly #options: ReaperOptions;
  readonly #deps: ReaperDeps;

  constructor(options: ReaperOptions, deps: ReaperDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  tick(): void {
    const { clock, table, emit } = this.#deps;
    const now = clock.monotonic();
    const { reconnectTimeoutMs, tombstoneTimeoutMs } = this.#options;
    for (const { member, goneSinceMs } of table.records()) {
      const { name, status } = member;
      const keepMs = status === 'failed' ? reconnectTimeoutMs : status === 'left' ? tombstoneTimeoutMs : Infinity;
      if (now - goneSinceMs <= keepMs) continue;
      const event = table.erase(name);
      if (event !== undefined) emit(event);
    }
  }
}
