import type { AclToken, OneTimeToken } from '@steppe/domain';
import { Secret } from '@steppe/domain';
import { permissionDenied } from '../errors.js';
import { isExpired } from './tokens.js';

/** How long a one-time token can be exchanged, nanoseconds. */
const LIFETIME_NS = 600_000_000_000n;

/**
 * A one-time token for the holder of `owner`; it takes the place of an earlier one for the same accessor.
 * @throws ACL_PERMISSION_DENIED. Differs from Nomad: an expired token gets none
 */
export function makeOneTimeToken(
  owner: AclToken,
  { nowNs, newId }: { readonly nowNs: bigint; readonly newId: () => string },
): OneTimeToken {
  if (isExpired(owner, nowNs)) throw permissionDenied();
  return {
    oneTimeSecretId: new Secret(newId()),
    accessorId: owner.accessorId,
    expiresAtNs: nowNs + LIFETIME_NS,
    createIndex: 0,
    modifyIndex: 0,
  };
}

/**
 * The token that a one-time token is exchanged for; the caller deletes the one-time token.
 * @param oneTime - `undefined` for one that nobody knows
 * @param owner - the stored token of its accessor
 * @throws ACL_PERMISSION_DENIED for an unknown or expired one and for an owner that is deleted. Differs from Nomad: also for an
 * owner that is expired
 */
export function redeemOneTimeToken(
  oneTime: OneTimeToken | undefined,
  owner: AclToken | undefined,
  nowNs: bigint,
): AclToken {
  if (oneTime === undefined || oneTime.expiresAtNs < nowNs || owner === undefined) throw permissionDenied();
  if (owner.accessorId !== oneTime.accessorId || isExpired(owner, nowNs)) throw permissionDenied();
  return owner;
}
