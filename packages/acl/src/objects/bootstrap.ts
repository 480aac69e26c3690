import type { AclToken } from '@steppe/domain';
import { isUuid, Secret } from '@steppe/domain';
import { requestInvalid } from '../errors.js';
import { hashToken } from './content-hash.js';

export interface BootstrapRequest {
  /** Index of the last bootstrap, `undefined` when there was none. */
  readonly doneAtIndex: number | undefined;
  /** Content of the reset file; 0 when there is none. */
  readonly resetIndex: number;
  /** Secret the operator wants; `undefined` for a fresh one. */
  readonly secret: Secret | undefined;
}

/** Index in a reset file: leading blanks and a decimal integer, whatever follows; 0 for anything else. */
export function parseResetIndex(text: string): number {
  const index = Number(/^\s*(\d+)/.exec(text)?.[1] ?? 0);
  return Number.isSafeInteger(index) ? index : 0;
}

/**
 * The first management token of a cluster, or another one where an operator proves by a file that it is theirs.
 * @throws ACL_REQUEST_INVALID
 */
export function bootstrapToken(
  { doneAtIndex, resetIndex, secret }: BootstrapRequest,
  context: {
    readonly nowNs: bigint;
    readonly newId: () => string;
    readonly isSecretTaken: (secret: Secret) => boolean;
  },
): AclToken {
  if (doneAtIndex !== undefined) {
    if (resetIndex === 0) throw requestInvalid(`ACL bootstrap already done (reset index: ${doneAtIndex})`);
    if (resetIndex !== doneAtIndex)
      throw requestInvalid(`Invalid bootstrap reset index (specified ${resetIndex}, reset index: ${doneAtIndex})`);
  }
  if (secret !== undefined && !secret.isEmpty) {
    if (!isUuid(secret.reveal())) throw requestInvalid('invalid acl token');
    // Differs from Nomad: there the secret would belong to two tokens.
    if (context.isSecretTaken(secret)) throw requestInvalid('token secret is already in use');
  }
  const token = {
    accessorId: context.newId(),
    secretId: secret === undefined || secret.isEmpty ? new Secret(context.newId()) : secret,
    name: 'Bootstrap Token',
    type: 'management',
    policies: [],
    roles: [],
    isGlobal: true,
    createTimeNs: context.nowNs,
    expirationTimeNs: undefined,
    expirationTtlNs: 0n,
    createIndex: 0,
    modifyIndex: 0,
  };
  return { ...token, hash: hashToken(token) };
}
