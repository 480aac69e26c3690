import type { AclCheck, CallerWatch, ResolvedCaller, TokenResolver } from '@steppe/acl';
import { allows, callerLabel } from '@steppe/acl';
import type { Acl } from '@steppe/acl';
import { errorMessage, isSteppeError } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import { apiError } from './api-error.js';
import type { AclRule, RequestTarget, Requirement, RuleRequirement, TokenErrorStyle } from './acl-rule.js';
import { requirementOf } from './acl-rule.js';
import type { ApiCall } from './request/api-call.js';

export interface AclGateOptions {
  /** The agent's own `enable_debug`. */
  readonly enableDebug: boolean;
}

export interface AclGateDeps {
  readonly resolver: TokenResolver;
  readonly watch: CallerWatch;
  readonly logger: Logger;
}

/** Asks the resolver who the caller is and the rule whether that is enough. */
export class AclGate {
  readonly #options: AclGateOptions;
  readonly #deps: AclGateDeps;

  constructor(options: AclGateOptions, deps: AclGateDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Returns directly when the resolver has the answer at hand.
   * @param onCaller - told who asks, as soon as that is known, allowed or not
   * @throws PERMISSION_DENIED, TOKEN_REFUSED
   */
  check(
    rule: AclRule,
    call: ApiCall,
    target: RequestTarget,
    onCaller?: (caller: ResolvedCaller) => void,
  ): ResolvedCaller | Promise<ResolvedCaller> {
    let caller: ResolvedCaller | Promise<ResolvedCaller>;
    try {
      caller = this.caller(call);
    } catch (error) {
      throw this.#refusal(error, rule.tokenErrors, call);
    }
    const demand = (resolved: ResolvedCaller): ResolvedCaller => {
      onCaller?.(resolved);
      return this.#demand(rule.requires, resolved, call, target);
    };
    if (!('then' in caller)) return demand(caller);
    return caller.then(demand, (error: unknown) => {
      throw this.#refusal(error, rule.tokenErrors, call);
    });
  }

  /** Who asks. @throws what the resolver throws */
  caller({ token }: ApiCall): ResolvedCaller | Promise<ResolvedCaller> {
    return this.#deps.resolver.resolve(token);
  }

  /** Whether the caller passes a check; a credential that does not resolve passes none. */
  async allows(requirement: Requirement, call: ApiCall): Promise<boolean> {
    try {
      return this.#grants((await this.caller(call)).acl, requirement);
    } catch (error) {
      if (isTokenError(error)) return false;
      throw error;
    }
  }

  /** What {@link check} does, for what only shows when the request is looked at. @throws PERMISSION_DENIED, TOKEN_REFUSED */
  async demand(requirement: Requirement, call: ApiCall, target: RequestTarget): Promise<void> {
    await this.check({ requires: [requirement], tokenErrors: 'plain' }, call, target);
  }

  /**
   * Looks again and again whether the caller still passes the rule.
   * @param onEnded - called at most once, with what a new request would be answered. @returns the way to stop that
   */
  watch(rule: AclRule, call: ApiCall, target: RequestTarget, onEnded: (reason: unknown) => void): () => void {
    const isAllowed = (acl: Acl): boolean => this.#missing(rule.requires, acl, target) === undefined;
    return this.#deps.watch.watch(call.token, isAllowed, (error) =>
      onEnded(this.#refusal(error, rule.tokenErrors, call)),
    );
  }

  #demand(
    requires: readonly RuleRequirement[],
    caller: ResolvedCaller,
    call: ApiCall,
    target: RequestTarget,
  ): ResolvedCaller {
    const missing = this.#missing(requires, caller.acl, target);
    if (missing === undefined) return caller;
    this.#logDenial(call, callerLabel(caller), `lacks ${checkLabel(missing)}`);
    throw apiError('PERMISSION_DENIED');
  }

  #missing(requires: readonly RuleRequirement[], acl: Acl, target: RequestTarget): Requirement | undefined {
    for (const each of requires) {
      const requirement = requirementOf(each, target);
      if (requirement !== undefined && !this.#grants(acl, requirement)) return requirement;
    }
    return undefined;
  }

  #grants(acl: Acl, requirement: Requirement): boolean {
    return allows(acl, this.#checkOf(requirement));
  }

  #checkOf(requirement: Requirement): AclCheck {
    if (typeof requirement !== 'string') return requirement;
    return requirement === 'AgentDebug'
      ? { check: requirement, enableDebug: this.#options.enableDebug }
      : { check: requirement };
  }

  /** Differs from Nomad: an expired or malformed token is always 403, never 500 or an empty 200; the texts stay. */
  #refusal(error: unknown, style: TokenErrorStyle, call: ApiCall): unknown {
    if (!isTokenError(error)) return error;
    const reason = errorMessage(error);
    this.#logDenial(call, '', reason);
    if (style === 'denied' || isUnknown(error)) return apiError('PERMISSION_DENIED');
    return apiError(
      'TOKEN_REFUSED',
      style === 'plain' ? reason : `ACL token not found or invalid workload identity: ${reason}`,
    );
  }

  #logDenial({ id, method, url }: ApiCall, caller: string, reason: string): void {
    // The query may hold anything; who asks and for what does not need it.
    const path = url.replace(/\?.*/s, '');
    this.#deps.logger.info('request denied', { request_id: id, method, path, caller, reason });
  }
}

/** `AgentRead`, or `OperatorOp(snapshot-save)`. */
function checkLabel(requirement: Requirement): string {
  // Whoever may write to the agent lacks it only where neither ACLs nor the setting allow it.
  if (requirement === 'AgentDebug') return 'AgentDebug: enable_debug is false';
  if (typeof requirement === 'string') return requirement;
  const { check, ...values } = requirement;
  return `${check}(${Object.values(values).join(', ')})`;
}

const isUnknown = (error: unknown): boolean =>
  isSteppeError(error, 'ACL_TOKEN_NOT_FOUND') || isSteppeError(error, 'ACL_PERMISSION_DENIED');

const isTokenError = (error: unknown): boolean =>
  isUnknown(error) || isSteppeError(error, 'ACL_TOKEN_EXPIRED') || isSteppeError(error, 'ACL_TOKEN_MALFORMED');
