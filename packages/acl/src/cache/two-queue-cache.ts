/** Share of the capacity for what was asked for once, and of keys remembered after they left it. */
const RECENT_SHARE = 0.25;
const GHOST_SHARE = 0.5;

/**
 * A bounded cache that a burst of one-time keys cannot flush (2Q): a key comes in as recent, and is kept among the frequent ones
 * once it is asked for again, even if it had to leave in between.
 */
export class TwoQueueCache<K, V> {
  readonly #capacity: number;
  // A map remembers the order of insertion, oldest first. No key is in more than one of the three.
  readonly #recent = new Map<K, V>();
  readonly #frequent = new Map<K, V>();
  readonly #ghosts = new Set<K>();

  /** @param capacity - entries, at least 2 */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#recent.size + this.#frequent.size;
  }

  get(key: K): V | undefined {
    const frequent = this.#frequent.get(key);
    if (frequent !== undefined) {
      this.#frequent.delete(key);
      this.#frequent.set(key, frequent);
      return frequent;
    }
    const recent = this.#recent.get(key);
    if (recent !== undefined) {
      this.#recent.delete(key);
      this.#frequent.set(key, recent);
    }
    return recent;
  }

  set(key: K, value: V): void {
    if (this.#frequent.has(key)) {
      this.#frequent.set(key, value);
      return;
    }
    if (this.#recent.has(key)) {
      this.#recent.set(key, value);
      return;
    }
    if (this.size >= this.#capacity) this.#evict();
    (this.#ghosts.delete(key) ? this.#frequent : this.#recent).set(key, value);
  }

  #evict(): void {
    const isRecentFull = this.#recent.size > this.#capacity * RECENT_SHARE;
    const from = isRecentFull || this.#frequent.size === 0 ? this.#recent : this.#frequent;
    const [oldest] = from.keys();
    from.delete(oldest as K);
    if (from === this.#frequent) return;
    this.#ghosts.add(oldest as K);
    if (this.#ghosts.size > this.#capacity * GHOST_SHARE) {
      const [forgotten] = this.#ghosts;
      this.#ghosts.delete(forgotten as K);
    }
  }
}
