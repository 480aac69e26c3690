import type { TokenLimits } from '@steppe/acl';
import { newAclId, prepareToken } from '@steppe/acl';
import type { AclRole, AclToken, RoleLink, Secret } from '@steppe/domain';
import { secretDigest } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { Indexed, StateReader, StateStore } from '@steppe/state';
import { ACL_ROLES, ACL_TOKENS, NODE_SECRETS } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { nowNs } from './acl-clock.js';
import { roleByName } from './acl-roles.js';

/** Whether a token or a node has this secret already. */
export function isSecretTaken(reader: StateReader, secret: Secret): boolean {
  const digest = secretDigest(secret);
  const [token] = reader.find(ACL_TOKENS, 'secret', digest);
  const [node] = reader.find(NODE_SECRETS, 'secret', digest);
  return token !== undefined || node !== undefined;
}

/** A token with the names of its roles; roles that are gone are left out. */
export function withRoleNames(reader: StateReader, token: AclToken): AclToken {
  if (token.roles.length === 0) return token;
  const roles = token.roles.flatMap(({ id }) => {
    const role = reader.get(ACL_ROLES, id);
    return role === undefined ? [] : [{ id, name: role.name }];
  });
  return { ...token, roles };
}

/** Writes of tokens. */
export class AclTokens {
  readonly #limits: TokenLimits;
  readonly #state: StateStore;
  readonly #clock: Clock;

  constructor(limits: TokenLimits, { state, clock }: { readonly state: StateStore; readonly clock: Clock }) {
    this.#limits = limits;
    this.#state = state;
    this.#clock = clock;
  }

  /** Adds, changes or takes over a token. @throws ACL_REQUEST_INVALID, and what a transaction throws */
  async upsert(input: AclToken): Promise<Indexed<AclToken>> {
    const { index, value: accessorId } = await this.#state.transact((tx) => {
      const { token } = prepareToken(input, this.#limits, {
        existing: tx.get(ACL_TOKENS, input.accessorId),
        findRole: (link) => findRole(tx, link),
        isSecretTaken: (secret) => isSecretTaken(tx, secret),
        nowNs: nowNs(this.#clock),
        newId: newAclId,
      });
      // Names of roles may change; only their ids are kept.
      tx.put(ACL_TOKENS, { ...token, roles: token.roles.map(({ id }) => ({ id, name: '' })) });
      return token.accessorId;
    });
    const snapshot = this.#state.snapshot();
    const token = snapshot.get(ACL_TOKENS, accessorId);
    if (token === undefined) throw apiError('ACL_TOKENS_UNKNOWN', accessorId);
    return { index, value: withRoleNames(snapshot, token) };
  }

  /** @throws ACL_TOKENS_UNKNOWN */
  delete(accessorId: string): Promise<Indexed<void>> {
    return this.#state.transact((tx) => {
      if (!tx.delete(ACL_TOKENS, accessorId)) throw apiError('ACL_TOKENS_UNKNOWN', accessorId);
    });
  }
}

function findRole(reader: StateReader, { id, name }: RoleLink): AclRole | undefined {
  return id === '' ? roleByName(reader, name) : reader.get(ACL_ROLES, id);
}
