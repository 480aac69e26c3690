/** A generator for one evaluation: two servers on the same state get the same numbers, two evaluations do not. */
export class EvaluationRandom {
  #state: number;

  /** @param evalId - a UUID, of which the last eight bytes count @param index - of the state */
  constructor(evalId: string, index: number) {
    const digits = evalId.replaceAll('-', '').slice(-16);
    const high = Number.parseInt(digits.slice(0, 8), 16) || 0;
    const low = Number.parseInt(digits.slice(8), 16) || 0;
    this.#state = (high ^ low ^ Math.imul(index, 0x9e37_79b1)) >>> 0;
  }

  /** 0 to below `bound`. */
  below(bound: number): number {
    // Mulberry32: small, fast, and good enough to mix nodes.
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  /** Fisher and Yates. */
  shuffled<T>(items: readonly T[]): readonly T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i -= 1) {
      const j = this.below(i + 1);
      [result[i], result[j]] = [result[j] as T, result[i] as T];
    }
    return result;
  }
}
