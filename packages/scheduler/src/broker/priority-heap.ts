/**
 * A binary heap: the item with the least rank first, and of those of one rank the one with the least second rank. Ranks are kept
 * in lists of their own: to compare many items, none of them is looked at.
 */
export class PriorityHeap<T> {
  readonly #items: T[] = [];
  readonly #ranks: number[] = [];
  readonly #seconds: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T, rank: number, second: number): void {
    let at = this.#items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isAfter(parent, rank, second)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, item, rank, second);
  }

  pop(): T | undefined {
    const [best] = this.#items;
    const last = this.#items.pop();
    const rank = this.#ranks.pop();
    const second = this.#seconds.pop();
    if (this.#items.length > 0) this.#sink(last as T, rank as number, second as number);
    return best;
  }

  /** In no order. */
  values(): readonly T[] {
    return this.#items;
  }

  clear(): void {
    for (const list of [this.#items, this.#ranks, this.#seconds]) list.length = 0;
  }

  #sink(item: T, rank: number, second: number): void {
    const { length } = this.#items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      const other = child + 1;
      if (other < length && this.#isAfter(child, this.#ranks[other] as number, this.#seconds[other] as number)) {
        child = other;
      }
      if (this.#isAfter(child, rank, second)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, item, rank, second);
  }

  /** Whether the item there comes after one of these ranks. */
  #isAfter(at: number, rank: number, second: number): boolean {
    const there = this.#ranks[at] as number;
    return there === rank ? (this.#seconds[at] as number) > second : there > rank;
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#items[from] as T, this.#ranks[from] as number, this.#seconds[from] as number);
  }

  #put(at: number, item: T, rank: number, second: number): void {
    this.#items[at] = item;
    this.#ranks[at] = rank;
    this.#seconds[at] = second;
  }
}
