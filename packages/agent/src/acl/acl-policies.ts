import { preparePolicy } from '@steppe/acl';
import type { AclPolicy } from '@steppe/domain';
import type { Indexed, StateStore } from '@steppe/state';
import { ACL_POLICIES } from '@steppe/state';

/** Writes of policies. */
export class AclPolicies {
  readonly #state: StateStore;

  constructor(state: StateStore) {
    this.#state = state;
  }

  /** Adds a policy, or replaces the one of its name. @throws ACL_REQUEST_INVALID, and what a transaction throws */
  upsert(policy: AclPolicy): Promise<Indexed<void>> {
    return this.#state.transact((tx) => tx.put(ACL_POLICIES, preparePolicy(policy, tx.get(ACL_POLICIES, policy.name))));
  }

  /** Tokens and roles keep the name, which grants nothing then. */
  delete(name: string): Promise<Indexed<void>> {
    return this.#state.transact((tx) => void tx.delete(ACL_POLICIES, name));
  }
}
