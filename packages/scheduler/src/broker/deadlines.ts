import type { Clock, Timer } from '@steppe/runtime';

export interface DeadlinesDeps {
  readonly clock: Clock;
  /** How long each lasts, milliseconds. */
  readonly afterMs: number;
  readonly onOver: (id: string) => void;
}

/** A timer that nobody needs any more keeps a process alive no longer than this. */
const MAX_TIMER_MS = 1_000;

/**
 * Deadlines that all last equally long, with one timer for all of them: whoever began first is over first, so that beginning
 * and ending one costs next to nothing.
 */
export class Deadlines {
  readonly #deps: DeadlinesDeps;
  /** Moments on the monotonic clock by id, the earliest first: what begins anew goes to the end. */
  readonly #dueMs = new Map<string, number>();
  #timer: Timer | undefined;

  constructor(deps: DeadlinesDeps) {
    this.#deps = deps;
  }

  /** Begins, or begins anew. */
  begin(id: string): void {
    const { clock, afterMs } = this.#deps;
    this.#dueMs.delete(id);
    this.#dueMs.set(id, clock.monotonic() + afterMs);
    this.#arm(afterMs);
  }

  /** It will not be over. The timer stays for a moment, for the next one. */
  end(id: string): void {
    this.#dueMs.delete(id);
  }

  clear(): void {
    this.#dueMs.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    this.#timer ??= this.#deps.clock.setTimer(Math.min(ms, MAX_TIMER_MS), () => this.#fire());
  }

  #fire(): void {
    const { clock, onOver } = this.#deps;
    this.#timer = undefined;
    const now = clock.monotonic();
    for (const [id, dueMs] of this.#dueMs) {
      if (dueMs > now) {
        this.#arm(dueMs - now);
        return;
      }
      this.#dueMs.delete(id);
      onOver(id);
    }
  }
}
