import type { Clock } from '@steppe/runtime';

export interface ExpiringMapOptions {
  /** How long an entry is kept after it was last set, milliseconds. */
  readonly ttlMs: number;
  /** Entries kept; beyond that the one set longest ago goes. */
  readonly maxSize: number;
}

/** A map by name whose entries are forgotten after a while, and whose size names sent by strangers cannot grow. */
export class ExpiringMap<V> {
  readonly #options: ExpiringMapOptions;
  readonly #clock: Clock;
  /** In the order in which the entries expire. */
  readonly #entries = new Map<string, { readonly value: V; readonly expiresMs: number }>();

  constructor(options: ExpiringMapOptions, { clock }: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = clock;
  }

  get size(): number {
    this.#dropExpired();
    return this.#entries.size;
  }

  get(name: string): V | undefined {
    const entry = this.#entries.get(name);
    return entry === undefined || entry.expiresMs <= this.#clock.monotonic() ? undefined : entry.value;
  }

  set(name: string, value: V): void {
    this.#entries.delete(name);
    this.#dropExpired();
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= this.#options.maxSize && !oldest.done) this.#entries.delete(oldest.value);
    this.#entries.set(name, { value, expiresMs: this.#clock.monotonic() + this.#options.ttlMs });
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }

  #dropExpired(): void {
    const now = this.#clock.monotonic();
    for (const [name, entry] of this.#entries) {
      if (entry.expiresMs > now) return;
      this.#entries.delete(name);
    }
  }
}
