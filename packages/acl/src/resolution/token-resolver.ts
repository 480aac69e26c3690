import type { Secret } from '@steppe/domain';
import { SteppeError } from '@steppe/domain';
import type { Acl } from '../decision/acl.js';
import { DENY_ALL_ACL, DISABLED_ACL } from '../decision/special-acls.js';
import type { AclErrorDetail } from '../errors.js';

/** Turns the secret a caller presents into what the caller may do. */
export interface TokenResolver {
  /**
   * @param secret - `undefined` for an anonymous caller
   * @returns directly when the answer is at hand, so that hot paths need no extra turn of the event loop
   * @throws ACL_TOKEN_NOT_FOUND, ACL_TOKEN_EXPIRED, ACL_TOKEN_MALFORMED
   */
  resolve(secret: Secret | undefined): Acl | Promise<Acl>;
}

export interface TokenResolverOptions {
  /** `acl.enabled` of the configuration. */
  readonly aclEnabled: boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Resolution for an agent that stores no tokens: with ACLs off everybody may do everything and tokens are not looked at;
 * with ACLs on the anonymous caller may do nothing and no secret is known.
 */
export class StorelessTokenResolver implements TokenResolver {
  readonly #options: TokenResolverOptions;

  constructor(options: TokenResolverOptions) {
    this.#options = options;
  }

  resolve(secret: Secret | undefined): Acl {
    if (!this.#options.aclEnabled) return DISABLED_ACL;
    if (secret === undefined) return DENY_ALL_ACL;
    throw UUID.test(secret.reveal()) ? tokenNotFound() : tokenMalformed('not a UUID and not a signed token');
  }
}

export function tokenNotFound(): SteppeError<AclErrorDetail> {
  return new SteppeError({ code: 'ACL_TOKEN_NOT_FOUND' }, 'ACL token not found');
}

export function tokenExpired(): SteppeError<AclErrorDetail> {
  return new SteppeError({ code: 'ACL_TOKEN_EXPIRED' }, 'ACL token expired');
}

/** @param reason - the verifier's own text, without the token */
export function tokenMalformed(reason: string): SteppeError<AclErrorDetail> {
  return new SteppeError({ code: 'ACL_TOKEN_MALFORMED' }, `failed to parse signed token: ${reason}`);
}
