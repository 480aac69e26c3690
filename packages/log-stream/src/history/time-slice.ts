import type { Clock } from '@steppe/runtime';

const SLICE_MS = 10;

/** Lets others have their turn in the middle of a long job. */
export class TimeSlice {
  readonly #clock: Clock;
  #began: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.monotonic();
  }

  get isOver(): boolean {
    return this.#clock.monotonic() - this.#began >= SLICE_MS;
  }

  /** Resolves when others have had their turn; a new slice begins then. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => void this.#clock.setTimer(0, resolve));
    this.#began = this.#clock.monotonic();
  }
}
