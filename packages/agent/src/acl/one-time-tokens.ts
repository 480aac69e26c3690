import { isExpired, makeOneTimeToken, newAclId } from '@steppe/acl';
import type { AclToken, OneTimeToken, Secret } from '@steppe/domain';
import { isSameDigest, secretDigest } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { Indexed, StateStore } from '@steppe/state';
import { ACL_TOKENS, ONE_TIME_TOKENS } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { nowNs } from './acl-clock.js';
import { withRoleNames } from './acl-tokens.js';

/** One-time tokens: made for the holder of a token, exchanged once for that token. */
export class OneTimeTokens {
  readonly #state: StateStore;
  readonly #clock: Clock;

  constructor({ state, clock }: { readonly state: StateStore; readonly clock: Clock }) {
    this.#state = state;
    this.#clock = clock;
  }

  /** Takes the place of an earlier one of the same holder. @throws ACL_PERMISSION_DENIED */
  async create(owner: AclToken): Promise<Indexed<OneTimeToken>> {
    const made = makeOneTimeToken(owner, { nowNs: nowNs(this.#clock), newId: newAclId });
    const { accessorId } = owner;
    const { index } = await this.#state.transact((tx) => {
      if (tx.get(ACL_TOKENS, accessorId) === undefined) throw apiError('PERMISSION_DENIED');
      tx.put(ONE_TIME_TOKENS, {
        accessorId,
        digest: secretDigest(made.oneTimeSecretId),
        expiresAtMs: Number(made.expiresAtNs) / 1e6,
      });
    });
    return { index, value: { ...made, createIndex: index, modifyIndex: index } };
  }

  /** @throws PERMISSION_DENIED for one that is unknown, used or expired, and for a holder that is gone or expired */
  async exchange(secret: Secret): Promise<Indexed<AclToken>> {
    const digest = secretDigest(secret);
    const now = this.#clock.now();
    const { index, value } = await this.#state.transact((tx) => {
      const [known] = tx.find(ONE_TIME_TOKENS, 'secret', digest);
      if (known === undefined || !isSameDigest(known.digest, digest)) throw apiError('PERMISSION_DENIED');
      const owner = tx.get(ACL_TOKENS, known.accessorId);
      const isUsable = known.expiresAtMs >= now && owner !== undefined && !isExpired(owner, nowNs(this.#clock));
      tx.delete(ONE_TIME_TOKENS, known.accessorId);
      return isUsable ? withRoleNames(tx, owner) : undefined;
    });
    if (value === undefined) throw apiError('PERMISSION_DENIED');
    return { index, value };
  }
}
