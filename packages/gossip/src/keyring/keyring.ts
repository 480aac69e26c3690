import type { Secret } from '@steppe/domain';

/** What the members of the pool answered to a key operation. */
export interface KeyringReply {
  /** Only of a list: each key in base64, and how many members have it. */
  readonly keys: ReadonlyMap<string, number>;
  /** Only of a list: each key that members encrypt with, and how many do. */
  readonly primaryKeys: ReadonlyMap<string, number>;
  /** What members had to say, by name. */
  readonly messages: ReadonlyMap<string, string>;
  readonly numNodes: number;
}

/**
 * The encryption keys of the whole pool. Keys are base64 of 16, 24 or 32 bytes.
 * Every operation rejects with KEYRING_OPERATION_FAILED when a member reports failure, as all do while encryption is off;
 * those that take a key with KEYRING_KEY_INVALID when it is no base64.
 */
export interface KeyringManager {
  list(): Promise<KeyringReply>;
  /** Makes a key known, so that messages encrypted with it can be read. */
  install(key: Secret): Promise<KeyringReply>;
  /** Encrypts with an installed key from now on. */
  use(key: Secret): Promise<KeyringReply>;
  /** Forgets a key that is not in use. */
  remove(key: Secret): Promise<KeyringReply>;
  /**
   * Takes the pool to a new key in phases that cut nobody off: installs it, checks that every member has it, uses it, checks
   * that, removes all others. Rejects with KEY_ROTATION_STOPPED, naming who lacks it, before anybody could be cut off; it
   * can be run again with the same key. @returns the list afterwards
   */
  rotate(key: Secret): Promise<KeyringReply>;
}
