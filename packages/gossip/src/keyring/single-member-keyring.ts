import type { Secret } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import { gossipError } from '../errors.js';
import type { KeyringManager, KeyringReply } from './keyring.js';
import type { KeyChange, LocalKeyring } from './local-keyring.js';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const NONE = new Map<string, never>();

/** Key operations on a pool whose only member is us. */
export class SingleMemberKeyring implements KeyringManager {
  readonly #keyring: LocalKeyring | undefined;
  readonly #logger: Logger;

  constructor(keyring: LocalKeyring | undefined, logger: Logger) {
    this.#keyring = keyring;
    this.#logger = logger;
  }

  async list(): Promise<KeyringReply> {
    if (this.#keyring === undefined) throw this.#failed('encryption is not enabled');
    return { keys: new Map(this.#keyring.keys.map((key) => [key, 1])), messages: NONE, numNodes: 1 };
  }

  install(key: Secret): Promise<KeyringReply> {
    return this.#change(key, (keyring) => keyring.install(key));
  }

  use(key: Secret): Promise<KeyringReply> {
    return this.#change(key, (keyring) => keyring.use(key));
  }

  remove(key: Secret): Promise<KeyringReply> {
    return this.#change(key, (keyring) => keyring.remove(key));
  }

  async #change(key: Secret, apply: (keyring: LocalKeyring) => KeyChange): Promise<KeyringReply> {
    if (!BASE64.test(key.reveal()))
      throw gossipError({ code: 'KEYRING_KEY_INVALID' }, 'illegal base64 data in the key');
    if (this.#keyring === undefined) throw this.#failed('encryption is not enabled');
    const change = apply(this.#keyring);
    if (change !== 'done') throw this.#failed(change);
    return { keys: NONE, messages: NONE, numNodes: 1 };
  }

  /** Nomad: the reasons stay with the members; here they are at least logged. */
  #failed(reason: string): Error {
    this.#logger.error('key operation failed', { reason });
    return gossipError({ code: 'KEYRING_OPERATION_FAILED', failed: 1, total: 1 }, '1/1 nodes reported failure');
  }
}
