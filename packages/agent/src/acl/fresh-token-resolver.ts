import type { ResolvedCaller, TokenResolver } from '@steppe/acl';
import type { Secret } from '@steppe/domain';
import { isSteppeError } from '@steppe/domain';
import type { Leadership, StateStore } from '@steppe/state';

export interface FreshTokenResolverDeps {
  readonly resolver: TokenResolver;
  readonly state: StateStore;
  readonly leadership: Leadership;
}

/**
 * Resolution on a server whose copy of the state may be a moment behind: what it does not know it looks for again once it has
 * caught up, so that a token works everywhere as soon as whoever made it has it.
 */
export class FreshTokenResolver implements TokenResolver {
  readonly #deps: FreshTokenResolverDeps;
  /** One for all who wait: unknown secrets in any number cost one question at a time. */
  #catchingUp: Promise<void> | undefined;

  constructor(deps: FreshTokenResolverDeps) {
    this.#deps = deps;
  }

  resolve(secret: Secret | undefined): ResolvedCaller | Promise<ResolvedCaller> {
    const { resolver, leadership } = this.#deps;
    try {
      return resolver.resolve(secret);
    } catch (error) {
      if (leadership.isLeader || !isSteppeError(error, 'ACL_PERMISSION_DENIED')) throw error;
      return this.#again(secret, error);
    }
  }

  async #again(secret: Secret | undefined, refusal: unknown): Promise<ResolvedCaller> {
    this.#catchingUp ??= this.#deps.state.catchUp().finally(() => {
      this.#catchingUp = undefined;
    });
    try {
      await this.#catchingUp;
    } catch {
      // Nobody can say more now: it stays refused.
      throw refusal;
    }
    return this.#deps.resolver.resolve(secret);
  }
}
