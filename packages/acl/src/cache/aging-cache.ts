/** A value and when it was learned, monotonic milliseconds. */
export interface Aged<V> {
  readonly value: V;
  readonly atMs: number;
}

/** A bounded cache whose values have an age; the ones unused the longest leave first. What is too old is the caller's to say. */
export class AgingCache<K, V> {
  readonly #capacity: number;
  readonly #entries = new Map<K, Aged<V>>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): Aged<V> | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  set(key: K, value: V, atMs: number): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#capacity) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest as K);
    }
    this.#entries.set(key, { value, atMs });
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }
}
