import type { Acl, ResolvedCaller, TokenResolver } from '@steppe/acl';
import type { Secret } from '@steppe/domain';
import { errorMessage, isSteppeError } from '@steppe/domain';
import { apiError } from './api-error.js';
import type { AclRule, Capability, TokenErrorStyle } from './acl-rule.js';

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
    let caller: ResolvedCaller | Promise<ResolvedCaller>;
    try {
      caller = this.#resolver.resolve(token);
    } catch (error) {
      throw refusal(error, rule.tokenErrors);
    }
    if (!('then' in caller)) return this.#demand(rule, caller.acl);
    return caller.then(
      ({ acl }) => this.#demand(rule, acl),
      (error: unknown) => {
        throw refusal(error, rule.tokenErrors);
      },
    );
  }

  /** Whether the caller has one capability; a credential that does not resolve has none. */
  async allows(capability: Capability, token: Secret | undefined): Promise<boolean> {
    try {
      return this.#grants((await this.#resolver.resolve(token)).acl, capability);
    } catch (error) {
      if (isTokenError(error)) return false;
      throw error;
    }
  }

  #demand(rule: AclRule, acl: Acl): void {
    for (const capability of rule.requires) {
      if (!this.#grants(acl, capability)) throw apiError('PERMISSION_DENIED');
    }
  }

  #grants(acl: Acl, capability: Capability): boolean {
    switch (capability) {
      case 'agent:read':
        return acl.allowAgentRead();
      case 'agent:write':
        return acl.allowAgentWrite();
      case 'agent:debug':
        return acl.allowAgentDebug(this.#enableDebug);
      case 'node:read':
        return acl.allowNodeRead();
      case 'management':
        return acl.isManagement();
    }
  }
}

const isTokenError = (error: unknown): boolean =>
  isSteppeError(error, 'ACL_PERMISSION_DENIED') ||
  isSteppeError(error, 'ACL_TOKEN_NOT_FOUND') ||
  isSteppeError(error, 'ACL_TOKEN_EXPIRED') ||
  isSteppeError(error, 'ACL_TOKEN_MALFORMED');

/** Differs from Nomad: an expired or malformed token is always 403, never 500 or an empty 200; the texts stay. */
function refusal(error: unknown, style: TokenErrorStyle): unknown {
  if (!isTokenError(error)) return error;
  const isUnknown = isSteppeError(error, 'ACL_PERMISSION_DENIED') || isSteppeError(error, 'ACL_TOKEN_NOT_FOUND');
  if (style === 'denied' || isUnknown) return apiError('PERMISSION_DENIED');
  const reason = errorMessage(error);
  return apiError(
    'TOKEN_REFUSED',
    style === 'plain' ? reason : `ACL token not found or invalid workload identity: ${reason}`,
  );
}
