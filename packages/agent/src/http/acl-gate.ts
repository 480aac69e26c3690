import type { Acl, AclCheck, TokenResolver } from '@steppe/acl';
import { allows } from '@steppe/acl';
import type { Secret } from '@steppe/domain';
import { errorMessage, isSteppeError } from '@steppe/domain';
import { apiError } from './api-error.js';
import type { AclRule, Requirement, TokenErrorStyle } from './acl-rule.js';

/** Asks the resolver who the caller is and the rule whether that is enough. */
export class AclGate {
  readonly #resolver: TokenResolver;
  readonly #enableDebug: boolean;

  constructor(options: { readonly enableDebug: boolean }, { resolver }: { readonly resolver: TokenResolver }) {
    this.#resolver = resolver;
    this.#enableDebug = options.enableDebug;
  }

  /**
   * Returns directly when the resolver has the answer at hand.
   * @throws PERMISSION_DENIED, TOKEN_REFUSED
   */
  check(rule: AclRule, token: Secret | undefined): void | Promise<void> {
    let acl: Acl | Promise<Acl>;
    try {
      acl = this.#resolver.resolve(token);
    } catch (error) {
      throw refusal(error, rule.tokenErrors);
    }
    if (!('then' in acl)) return this.#demand(rule, acl);
    return acl.then(
      (resolved) => this.#demand(rule, resolved),
      (error: unknown) => {
        throw refusal(error, rule.tokenErrors);
      },
    );
  }

  /** Whether the caller passes a check; a credential that does not resolve passes none. */
  async allows(requirement: Requirement, token: Secret | undefined): Promise<boolean> {
    try {
      return this.#grants(await this.#resolver.resolve(token), requirement);
    } catch (error) {
      if (isTokenError(error)) return false;
      throw error;
    }
  }

  #demand(rule: AclRule, acl: Acl): void {
    for (const requirement of rule.requires) {
      if (!this.#grants(acl, requirement)) throw apiError('PERMISSION_DENIED');
    }
  }

  #grants(acl: Acl, requirement: Requirement): boolean {
    return allows(acl, this.#checkOf(requirement));
  }

  #checkOf(requirement: Requirement): AclCheck {
    if (typeof requirement !== 'string') return requirement;
    return requirement === 'AgentDebug'
      ? { check: requirement, enableDebug: this.#enableDebug }
      : { check: requirement };
  }
}

const isTokenError = (error: unknown): boolean =>
  isSteppeError(error, 'ACL_TOKEN_NOT_FOUND') ||
  isSteppeError(error, 'ACL_TOKEN_EXPIRED') ||
  isSteppeError(error, 'ACL_TOKEN_MALFORMED');

/** Differs from Nomad: an expired or malformed token is always 403, never 500 or an empty 200; the texts stay. */
function refusal(error: unknown, style: TokenErrorStyle): unknown {
  if (!isTokenError(error)) return error;
  if (style === 'denied' || isSteppeError(error, 'ACL_TOKEN_NOT_FOUND')) return apiError('PERMISSION_DENIED');
  const reason = errorMessage(error);
  return apiError(
    'TOKEN_REFUSED',
    style === 'plain' ? reason : `ACL token not found or invalid workload identity: ${reason}`,
  );
}
