import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { StateSnapshot } from '@steppe/state';
import { imagePieces } from '@steppe/state';
import { SCHEDULING_TABLES } from './scheduling-tables.js';
import type { ToThread } from './thread-messages.js';

export interface StateFeedDeps {
  readonly send: (message: ToThread) => void;
  readonly clock: Clock;
}

/** Rows made ready in one go, a few milliseconds of work. */
const ROWS_AT_ONCE = 200;

/**
 * What one thread is told, in order. A whole state goes out in pieces, with a turn of the event loop between them; what is to
 * come after it is held back meanwhile.
 */
export class StateFeed {
  readonly #deps: StateFeedDeps;
  /** While a state is on its way. */
  #held: ToThread[] | undefined;

  constructor(deps: StateFeedDeps) {
    this.#deps = deps;
  }

  post(message: ToThread): void {
    if (this.#held === undefined) this.#deps.send(message);
    else this.#held.push(message);
  }

  /** Sends a state to begin with. One that is on its way is given up, with the commits after it: this one is newer. */
  async load(snapshot: StateSnapshot): Promise<void> {
    const { send, clock } = this.#deps;
    const held = this.#held?.filter(({ kind }) => kind !== 'commit') ?? [];
    this.#held = held;
    send({ kind: 'load' });
    for (const piece of imagePieces(snapshot, { tables: SCHEDULING_TABLES, rows: ROWS_AT_ONCE })) {
      send({ kind: 'piece', piece });
      await sleep(clock, 0);
      if (this.#held !== held) return;
    }
    send({ kind: 'loaded', index: snapshot.index });
    this.#held = undefined;
    for (const message of held) send(message);
  }

  /** Nobody listens any more. */
  end(): void {
    this.#held = [];
  }
}
