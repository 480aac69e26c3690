import type { Secret } from '@steppe/domain';
import { isUuid } from '@steppe/domain';
import { DENY_ALL_ACL } from '../decision/special-acls.js';
import { tokenNotFound } from '../errors.js';
import type { ResolvedCaller } from './caller.js';
import { ANONYMOUS_TOKEN, callerOfToken, DISABLED_CALLER } from './caller.js';
import { notAToken } from './signed-token.js';
import type { TokenResolver, TokenResolverOptions } from './token-resolver.js';

const NOBODY = callerOfToken(ANONYMOUS_TOKEN, DENY_ALL_ACL);

/**
 * Resolution for an agent that stores no tokens: with ACLs off everybody may do everything and tokens are not looked at;
 * with ACLs on the anonymous caller may do nothing and no secret is known.
 */
export class StorelessTokenResolver implements TokenResolver {
  readonly #options: TokenResolverOptions;

  constructor(options: TokenResolverOptions) {
    this.#options = options;
  }

  resolve(secret: Secret | undefined): ResolvedCaller {
    if (!this.#options.aclEnabled) return DISABLED_CALLER;
    if (secret === undefined || secret.isEmpty) return NOBODY;
    throw isUuid(secret.reveal()) ? tokenNotFound() : notAToken();
  }
}
