import type { Clock } from '@steppe/runtime';

/** A wait of one loop that others may cut short. A wake-up while nobody waits counts for the next wait. */
export class Pause {
  readonly #clock: Clock;
  #woken = false;
  #end: (() => void) | undefined;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  /** Resolves after `ms`, or as soon as somebody calls {@link Pause.wake}; at once for 0. One wait at a time. */
  async wait(ms: number): Promise<void> {
    if (ms > 0 && !this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(ms, resolve);
        this.#end = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.#end = undefined;
    this.#woken = false;
  }

  wake(): void {
    this.#woken = true;
    this.#end?.();
  }
}
