import type { Secret } from '@steppe/domain';
import type { KeyringStore } from './keyring-store.js';

const KEY_BYTES: ReadonlySet<number> = new Set([16, 24, 32]);

/** Whether a change took place, or why not. */
export type KeyChange = 'done' | 'key has a size that no cipher takes' | 'key is not installed' | 'key is in use';

/**
 * The keys one agent knows: the first encrypts, all decrypt. Each change is stored before it counts.
 * Never empty: an agent without encryption has no keyring at all.
 */
export class LocalKeyring {
  #keys: readonly string[];
  readonly #store: KeyringStore;

  private constructor(keys: readonly string[], store: KeyringStore) {
    this.#keys = keys;
    this.#store = store;
  }

  /**
   * Opens the stored keyring, or starts one with `encryptKey`. What is stored wins.
   * @returns `undefined` when there is neither: encryption is off
   * @throws KEYRING_FILE_INVALID
   */
  static open(encryptKey: Secret | undefined, store: KeyringStore): LocalKeyring | undefined {
    const stored = store.load();
    if (stored !== undefined) return new LocalKeyring(stored, store);
    if (encryptKey === undefined) return undefined;
    const keyring = new LocalKeyring([encryptKey.reveal()], store);
    store.save(keyring.#keys);
    return keyring;
  }

  /** The key in use first. Whoever sees these can read the pool's traffic. */
  get keys(): readonly string[] {
    return this.#keys;
  }

  install(key: Secret): KeyChange {
    const text = key.reveal();
    if (!KEY_BYTES.has(Buffer.from(text, 'base64').length)) return 'key has a size that no cipher takes';
    if (!this.#keys.includes(text)) this.#change([...this.#keys, text]);
    return 'done';
  }

  use(key: Secret): KeyChange {
    const text = key.reveal();
    if (!this.#keys.includes(text)) return 'key is not installed';
    this.#change([text, ...this.#keys.filter((other) => other !== text)]);
    return 'done';
  }

  /** Removing a key that is not there is done already. */
  remove(key: Secret): KeyChange {
    const text = key.reveal();
    if (this.#keys[0] === text) return 'key is in use';
    if (this.#keys.includes(text)) this.#change(this.#keys.filter((other) => other !== text));
    return 'done';
  }

  #change(keys: readonly string[]): void {
    this.#store.save(keys);
    this.#keys = keys;
  }
}
