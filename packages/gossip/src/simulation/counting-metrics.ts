import type { Metrics } from '@steppe/runtime';

/** Sums of counters, and nothing else. */
export class CountingMetrics implements Metrics {
  readonly #sums = new Map<string, number>();

  sum(name: string): number {
    return this.#sums.get(name) ?? 0;
  }

  incrCounter(name: string, value = 1): void {
    this.#sums.set(name, this.sum(name) + value);
  }

  setGauge(): void {
    // Not counted.
  }

  addSample(): void {
    // Not counted.
  }
}
