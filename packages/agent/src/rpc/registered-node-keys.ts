import type { NodeKeys } from '@steppe/rpc';
import type { StateStore } from '@steppe/state';
import { NODE_SECRETS } from '@steppe/state';

/** Well below what a handshake may take: whoever is refused can come again. */
const REGISTRATION_WAIT_MS = 3_000;

/**
 * The keys of nodes as the state has them: the first registration of an id decides. A client agent registers and opens its
 * session at the same time, possibly with two servers, so one that is not known yet is waited for.
 */
export class RegisteredNodeKeys implements NodeKeys {
  readonly #state: StateStore;

  constructor(state: StateStore) {
    this.#state = state;
  }

  async keyOf(nodeId: string, signal: AbortSignal): Promise<string | undefined> {
    const known = this.#digest(nodeId);
    if (known !== undefined) return known;
    const index = this.#state.snapshot().tableIndex(NODE_SECRETS);
    const target = { table: NODE_SECRETS, key: nodeId };
    await this.#state.waitBeyond(target, index, { timeoutMs: REGISTRATION_WAIT_MS, signal });
    return this.#digest(nodeId);
  }

  #digest(nodeId: string): string | undefined {
    return this.#state.snapshot().get(NODE_SECRETS, nodeId)?.digest;
  }
}
