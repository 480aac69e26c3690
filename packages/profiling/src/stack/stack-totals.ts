import type { StackSample } from './stack-profile.js';

/** What did not fit in stands here, so that the sums stay true. */
const OTHER: StackSample = { stack: [{ functionName: '(other)', file: '', line: 0 }], values: [] };

/** Adds samples up by stack and labels, at most so many different ones: the memory of whoever samples for days is bounded. */
export class StackTotals {
  readonly #limit: number;
  readonly #totals = new Map<string, { readonly sample: StackSample; readonly values: number[] }>();

  /** @param limit - different stacks kept; what comes later is added to one `(other)` */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(sample: StackSample): void {
    const total = this.#totalOf(sample);
    for (const [type, value] of sample.values.entries()) total.values[type] = (total.values[type] ?? 0) + value;
  }

  samples(): readonly StackSample[] {
    return [...this.#totals.values()].map(({ sample, values }) => ({ ...sample, values: [...values] }));
  }

  #totalOf(sample: StackSample): { readonly values: number[] } {
    const own = keyOf(sample);
    const key = this.#totals.has(own) || this.#totals.size < this.#limit ? own : '';
    const known = this.#totals.get(key);
    if (known !== undefined) return known;
    const total = { sample: key === '' ? OTHER : sample, values: [] };
    this.#totals.set(key, total);
    return total;
  }
}

const keyOf = ({ stack, labels = {} }: StackSample): string => JSON.stringify([labels, stack]);
