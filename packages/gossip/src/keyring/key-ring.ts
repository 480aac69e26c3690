import { volatileKeyring } from './keyring-store.js';
import type { KeyringStore } from './keyring-store.js';

const KEY_BYTES: ReadonlySet<number> = new Set([16, 24, 32]);

/** Whether a change took place (or had already), or why not, in the words that members answer to key queries. */
export type KeyRingChange =
  | 'done'
  | 'key size must be 16, 24 or 32 bytes'
  | 'requested key is not in the keyring'
  | 'removing the primary key is not allowed';

export interface KeyRingDeps {
  /** Keeps every change before it counts. Default: nothing outlives the process. */
  readonly store?: KeyringStore;
}

/**
 * The encryption keys of one agent: the primary one, at index 0, encrypts, all of them decrypt.
 * Never empty: an agent without encryption has no keyring at all.
 */
export class KeyRing {
  #keys: readonly Buffer[];
  readonly #store: KeyringStore;
  readonly #listeners = new Set<() => void>();

  /**
   * @param keys - raw keys of 16, 24 or 32 bytes, the primary one first; repeated ones count once. Copied
   * @throws RangeError for no key, or one of another size
   */
  constructor(keys: readonly Uint8Array[], { store = volatileKeyring }: KeyRingDeps = {}) {
    if (keys.length === 0) throw new RangeError('a keyring has at least one key');
    if (!keys.every((key) => KEY_BYTES.has(key.length))) throw new RangeError('key size must be 16, 24 or 32 bytes');
    this.#keys = keys.map((key) => Buffer.from(key)).filter((key, i, all) => all.findIndex(same(key)) === i);
    this.#store = store;
  }

  get primary(): Buffer {
    return this.#keys[0] as Buffer;
  }

  /** In ring order, the primary one first. A new list after each change. */
  get keys(): readonly Buffer[] {
    return this.#keys;
  }

  /** The keys in base64, as a keyring file holds them. Whoever sees these can read the pool's traffic. */
  toBase64(): readonly string[] {
    return toBase64(this.#keys);
  }

  /** Makes a key known, at the end of the ring. @throws whatever the store throws; then nothing has changed */
  install(key: Uint8Array): KeyRingChange {
    if (!KEY_BYTES.has(key.length)) return 'key size must be 16, 24 or 32 bytes';
    if (!this.#keys.some(same(key))) this.#change([...this.#keys, Buffer.from(key)]);
    return 'done';
  }

  /** Makes a known key the primary one. @throws as {@link install} */
  use(key: Uint8Array): KeyRingChange {
    const known = this.#keys.find(same(key));
    if (known === undefined) return 'requested key is not in the keyring';
    if (known !== this.primary) this.#change([known, ...this.#keys.filter((other) => other !== known)]);
    return 'done';
  }

  /** Forgets a key; an unknown one is forgotten already. @throws as {@link install} */
  remove(key: Uint8Array): KeyRingChange {
    if (this.primary.equals(key)) return 'removing the primary key is not allowed';
    const rest = this.#keys.filter((other) => !other.equals(key));
    if (rest.length < this.#keys.length) this.#change(rest);
    return 'done';
  }

  /** Calls after each change. @returns ends that */
  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #change(keys: readonly Buffer[]): void {
    this.#store.save(toBase64(keys));
    this.#keys = keys;
    for (const listener of this.#listeners) listener();
  }
}

function toBase64(keys: readonly Buffer[]): readonly string[] {
  return keys.map((key) => key.toString('base64'));
}

function same(key: Uint8Array): (other: Buffer) => boolean {
  return (other) => other.equals(key);
}
