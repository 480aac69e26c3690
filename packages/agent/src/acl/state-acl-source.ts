import type { AclSource, NodeIdentity } from '@steppe/acl';
import type { AclPolicy, AclRole, AclToken } from '@steppe/domain';
import type { StateStore } from '@steppe/state';
import { ACL_POLICIES, ACL_ROLES, ACL_TOKENS, NODE_SECRETS, NODES } from '@steppe/state';

/** What this server's copy of the state knows of secrets and rights, as it is at the moment. */
export class StateAclSource implements AclSource {
  readonly #state: StateStore;

  constructor(state: StateStore) {
    this.#state = state;
  }

  rightsVersion(): number {
    const snapshot = this.#state.snapshot();
    return Math.max(snapshot.tableIndex(ACL_POLICIES), snapshot.tableIndex(ACL_ROLES));
  }

  tokenBySecret(digest: string): AclToken | undefined {
    const [token] = this.#state.snapshot().find(ACL_TOKENS, 'secret', digest);
    return token;
  }

  allPolicies(): Iterable<AclPolicy> {
    return this.#state.snapshot().rows(ACL_POLICIES);
  }

  policyByName(name: string): AclPolicy | undefined {
    return this.#state.snapshot().get(ACL_POLICIES, name);
  }

  roleById(id: string): AclRole | undefined {
    return this.#state.snapshot().get(ACL_ROLES, id);
  }

  nodeBySecret(digest: string): NodeIdentity | undefined {
    const snapshot = this.#state.snapshot();
    const [known] = snapshot.find(NODE_SECRETS, 'secret', digest);
    if (known === undefined) return undefined;
    return { nodeId: known.nodeId, nodePool: snapshot.get(NODES, known.nodeId)?.nodePool, digest: known.digest };
  }

  /** No call of a leader's own needs one: they go between servers, which prove who they are. */
  leaderSecret(): undefined {
    return undefined;
  }
}
