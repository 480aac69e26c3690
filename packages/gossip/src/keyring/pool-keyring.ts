import type { Secret } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import type { KeyManager, PoolKeyReply } from '../serf/key-manager.js';
import type { KeyringManager, KeyringReply } from './keyring.js';

export interface PoolKeyringDeps {
  readonly keys: KeyManager;
  readonly logger: Logger;
}

/** Key operations as the agent offers them: all members did it, or the operation failed. */
export class PoolKeyring implements KeyringManager {
  readonly #deps: PoolKeyringDeps;

  constructor(deps: PoolKeyringDeps) {
    this.#deps = deps;
  }

  async list(): Promise<KeyringReply> {
    return this.#checked('list', await this.#deps.keys.list());
  }

  async install(key: Secret): Promise<KeyringReply> {
    return this.#checked('install', await this.#deps.keys.install(key));
  }

  async use(key: Secret): Promise<KeyringReply> {
    return this.#checked('use', await this.#deps.keys.use(key));
  }

  async remove(key: Secret): Promise<KeyringReply> {
    return this.#checked('remove', await this.#deps.keys.remove(key));
  }

  async rotate(key: Secret): Promise<KeyringReply> {
    await this.#deps.keys.rotate(key);
    return this.list();
  }

  /** Nomad: why a member failed is not told to the caller; here it is at least logged. */
  #checked(operation: string, reply: PoolKeyReply): KeyringReply {
    const { failure, keys, primaryKeys, messages, numNodes } = reply;
    if (failure === undefined) return { keys, primaryKeys, messages, numNodes };
    for (const [member, message] of messages) {
      this.#deps.logger.error('key operation failed on a member', { operation, member, message });
    }
    throw failure;
  }
}
