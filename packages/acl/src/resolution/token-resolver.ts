import type { Secret } from '@steppe/domain';
import type { ResolvedCaller } from './caller.js';

export interface ResolveOptions {
  /**
   * How old an answer from a cache may be, milliseconds; whoever holds a stream open asks with a short one. Resolvers that need no
   * cache ignore it. Default: as configured.
   */
  readonly maxAgeMs?: number;
}

/** Turns the secret a caller presents into who the caller is and what the caller may do. */
export interface TokenResolver {
  /**
   * @param secret - `undefined` or empty for an anonymous caller
   * @returns directly when the answer is at hand, so that hot paths need no extra turn of the event loop
   * @throws ACL_PERMISSION_DENIED, ACL_TOKEN_NOT_FOUND, ACL_TOKEN_EXPIRED, ACL_TOKEN_MALFORMED; ACL_POLICY_UNREADABLE;
   * ACL_SERVERS_UNREACHABLE
   */
  resolve(secret: Secret | undefined, options?: ResolveOptions): ResolvedCaller | Promise<ResolvedCaller>;
}

export interface TokenResolverOptions {
  /** `acl.enabled` of the configuration. */
  readonly aclEnabled: boolean;
}
