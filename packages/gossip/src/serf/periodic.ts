import type { Clock, Random, Timer } from '@steppe/runtime';

/**
 * Things done again and again until stopped; each first waits a random part of its interval, so that members differ. Unless
 * it began long ago, a whole interval follows.
 */
export class Periodic {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #timers = new Set<Timer>();

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  every(ms: number, action: () => void, { started = 'now' }: { readonly started?: 'now' | 'long ago' } = {}): void {
    const start = this.#clock.setTimer(this.#random.next() * ms, () => {
      this.#timers.delete(start);
      this.#timers.add(this.#clock.setTicker(ms, action));
      if (started === 'long ago') action();
    });
    this.#timers.add(start);
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
