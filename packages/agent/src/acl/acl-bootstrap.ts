import { bootstrapToken, newAclId, parseResetIndex } from '@steppe/acl';
import type { AclToken, Secret } from '@steppe/domain';
import type { Clock, Logger } from '@steppe/runtime';
import type { Indexed, StateStore } from '@steppe/state';
import { ACL_BOOTSTRAP, ACL_BOOTSTRAP_KEY, ACL_TOKENS } from '@steppe/state';
import { readFileSync } from 'node:fs';
import { apiError } from '../http/api-error.js';
import { nowNs } from './acl-clock.js';
import { isSecretTaken } from './acl-tokens.js';

export interface AclBootstrapOptions {
  /** `acl-bootstrap-reset` in the server's data directory; `undefined` where nothing is kept. */
  readonly resetFile: string | undefined;
}

export interface AclBootstrapDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Far above any number in a reset file. */
const MAX_RESET_FILE_BYTES = 4_096;

/** Makes the first management token; and another, where a file proves that whoever asks is at home on the leader. */
export class AclBootstrap {
  readonly #options: AclBootstrapOptions;
  readonly #deps: AclBootstrapDeps;

  constructor(options: AclBootstrapOptions, deps: AclBootstrapDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @param secret - the one the operator wants. @throws ACL_REQUEST_INVALID, and what a transaction throws */
  async run(secret: Secret | undefined): Promise<Indexed<AclToken>> {
    const { state, clock, logger } = this.#deps;
    const resetIndex = this.#resetIndex();
    const { index, value: accessorId } = await state.transact((tx) => {
      const token = bootstrapToken(
        { doneAtIndex: tx.get(ACL_BOOTSTRAP, ACL_BOOTSTRAP_KEY)?.modifyIndex, resetIndex, secret },
        { nowNs: nowNs(clock), newId: newAclId, isSecretTaken: (wanted) => isSecretTaken(tx, wanted) },
      );
      tx.put(ACL_TOKENS, token);
      tx.put(ACL_BOOTSTRAP, { accessorId: token.accessorId });
      return token.accessorId;
    });
    logger.info('ACL system bootstrapped', { accessor_id: accessorId });
    const value = state.snapshot().get(ACL_TOKENS, accessorId);
    if (value === undefined) throw apiError('ACL_TOKENS_UNKNOWN', accessorId);
    return { index, value };
  }

  #resetIndex(): number {
    const { resetFile } = this.#options;
    if (resetFile === undefined) return 0;
    try {
      return parseResetIndex(readFileSync(resetFile).subarray(0, MAX_RESET_FILE_BYTES).toString('utf8'));
    } catch {
      // No file is the normal case.
      return 0;
    }
  }
}
