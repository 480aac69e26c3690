import type { Clock } from './clock.js';
import { sleep } from './clock.js';

const TURN_MS = 5;

/** Work that would hold up the event loop, done in turns between those of others. */
export class Turns {
  readonly #clock: Clock;
  readonly #ms: number;
  #begunMs: number;

  /** @param ms - how long a turn is, milliseconds */
  constructor(clock: Clock, ms = TURN_MS) {
    this.#clock = clock;
    this.#ms = ms;
    this.#begunMs = clock.monotonic();
  }

  /** Whether the turn has lasted for as long as one may, and others are to have theirs. */
  get isOver(): boolean {
    return this.#clock.monotonic() - this.#begunMs >= this.#ms;
  }

  /** Lets everybody who waits have a turn. Rejects with the signal's reason. */
  async next(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await sleep(this.#clock, 0, options);
    this.#begunMs = this.#clock.monotonic();
  }
}
