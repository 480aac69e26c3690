import type { Phase, Startable } from '@steppe/runtime';
import type { WorkerPool } from '@steppe/scheduler';
import type { Leadership } from '@steppe/state';

/** Has the leader's own workers make room for its broker and plan applier. */
export class LeaderPause implements Startable {
  readonly name = 'leader-pause';
  readonly phase: Phase = 'membership';
  readonly #leadership: Leadership;
  readonly #pool: WorkerPool;
  #unlisten: (() => void) | undefined;

  constructor({ leadership, pool }: { readonly leadership: Leadership; readonly pool: WorkerPool }) {
    this.#leadership = leadership;
    this.#pool = pool;
  }

  /** In front of the work phase, where leadership is gained. */
  async start(): Promise<void> {
    this.#unlisten = this.#leadership.onDidChange((isLeader) => this.#pool.setLeading(isLeader));
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
  }
}
