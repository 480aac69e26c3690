import type { Clock, Random } from '@steppe/runtime';
import type { Indexed, Leadership, StateSnapshot, StateStore, WatchTarget } from '@steppe/state';
import type { BlockingReadOptions, ReadOptions, StateRead } from './cluster-view.js';
import { RPC_HOLD_MS } from './cluster-view.js';
import { awaitLeader } from './leader-wait.js';

export interface StateReadsDeps {
  readonly leadership: Leadership;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** Longest and default wait of a blocking query, milliseconds. */
const MAX_WAIT_MS = 300_000;

/** Reads of this server's copy of the region's state, as the API makes them: with a leader, and waiting for news if asked to. */
export class StateReads {
  readonly #deps: StateReadsDeps;

  constructor(deps: StateReadsDeps) {
    this.#deps = deps;
  }

  /**
   * @param target - what a blocking read waits for
   * @param read - the answer, and the index to wait beyond next
   * @throws NO_LEADER, unless the read may be stale
   */
  async read<T>(
    target: WatchTarget | readonly WatchTarget[],
    options: BlockingReadOptions,
    read: (snapshot: StateSnapshot) => Indexed<T>,
  ): Promise<StateRead<T>> {
    await this.demandLeader(options);
    const { state, leadership } = this.#deps;
    if (options.index > 0) {
      await state.waitBeyond(target, options.index, { timeoutMs: this.#waitMs(options), signal: options.signal });
    }
    const answer = read(state.snapshot());
    return { ...answer, knownLeader: leadership.leader() !== undefined, lastContactMs: state.ageMs };
  }

  /** @throws NO_LEADER, unless the read may be stale */
  async demandLeader({ stale, signal }: ReadOptions): Promise<void> {
    const { leadership, clock } = this.#deps;
    if (!stale) await awaitLeader(leadership, { clock, timeoutMs: RPC_HOLD_MS, signal });
  }

  /** The wait asked for, within bounds, and up to a sixteenth more, so that many waiters do not return at once. */
  #waitMs({ waitMs }: BlockingReadOptions): number {
    const base = waitMs === 0 ? MAX_WAIT_MS : Math.min(waitMs, MAX_WAIT_MS);
    return base + (this.#deps.random.next() * base) / 16;
  }
}
