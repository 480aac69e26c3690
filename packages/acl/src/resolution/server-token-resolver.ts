import type { AclPolicy, AclToken, Secret } from '@steppe/domain';
import { isUuid } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { msToNanoseconds } from '@steppe/domain';
import type { Acl } from '../decision/acl.js';
import { clientAcl, MANAGEMENT_ACL } from '../decision/special-acls.js';
import { permissionDenied, tokenExpired } from '../errors.js';
import { isSameDigest, secretDigest } from '@steppe/domain';
import { isExpired } from '../objects/tokens.js';
import type { ResolvedCaller } from './caller.js';
import {
  ANONYMOUS_TOKEN,
  callerOfNode,
  callerOfToken,
  callerOfWorkload,
  DISABLED_CALLER,
  LEADER_TOKEN,
} from './caller.js';
import type { PolicySource } from './policy-set.js';
import { gatherPolicies, PolicySetCompiler } from './policy-set.js';
import { notAToken } from './signed-token.js';
import type { WorkloadVerifier } from './workload-identity.js';
import { isSignedToken, policiesOfWorkload } from './workload-identity.js';
import type { TokenResolver, TokenResolverOptions } from './token-resolver.js';

/** A node as its secret identifies it. */
export interface NodeIdentity {
  readonly nodeId: string;
  /** `undefined` when the node is not registered any more. */
  readonly nodePool: string | undefined;
  /** As {@link secretDigest} makes it. */
  readonly digest: string;
}

/** What a server knows, read as it is at the moment: changes count from the next call on. */
export interface AclSource extends PolicySource {
  /** Another number as soon as any policy or role is another: as long as it stays, so do the rights of a token. */
  rightsVersion(): number;
  allPolicies(): Iterable<AclPolicy>;
  /** @param digest - as `secretDigest` makes it */
  tokenBySecret(digest: string): AclToken | undefined;
  /** @param digest - as `secretDigest` makes it */
  nodeBySecret(digest: string): NodeIdentity | undefined;
  /** While this server leads: the secret of its own calls. */
  leaderSecret(): Secret | undefined;
}

export interface ServerTokenResolverDeps {
  readonly clock: Clock;
  readonly source: AclSource;
  /** Without one nobody gets in with a signed token. */
  readonly workloads?: WorkloadVerifier;
}

/** Compiled sets that a server keeps. */
const COMPILED_SETS = 512;

/**
 * Resolution on a server, which has every token at hand: a deleted, changed or expired one counts at once. Secrets are found by
 * their digest and confirmed in constant time. Nothing is remembered about secrets nobody knows, because finding out costs no more.
 */
export class ServerTokenResolver implements TokenResolver {
  readonly #options: TokenResolverOptions;
  readonly #deps: ServerTokenResolverDeps;
  readonly #compiler = new PolicySetCompiler(COMPILED_SETS);
  /** Callers of stored tokens, as long as their rights stay the same. */
  readonly #callers = new WeakMap<AclToken, { readonly version: number; readonly caller: ResolvedCaller }>();
  /** Digests of the secrets of stored tokens, computed once each. */
  readonly #digests = new WeakMap<AclToken, string>();

  constructor(options: TokenResolverOptions, deps: ServerTokenResolverDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  resolve(secret: Secret | undefined): ResolvedCaller | Promise<ResolvedCaller> {
    if (!this.#options.aclEnabled) return DISABLED_CALLER;
    if (secret === undefined || secret.isEmpty) return this.#ofToken(ANONYMOUS_TOKEN);
    if (!isUuid(secret.reveal())) return this.#ofSigned(secret);
    const digest = secretDigest(secret);
    const token = this.#deps.source.tokenBySecret(digest);
    if (token !== undefined && isSameDigest(this.#digestOf(token), digest)) {
      if (isExpired(token, msToNanoseconds(this.#deps.clock.now()))) throw tokenExpired();
      return this.#ofToken(token);
    }
    if (this.#isLeader(digest)) return callerOfToken(LEADER_TOKEN, MANAGEMENT_ACL);
    return this.#ofNode(digest);
  }

  #ofSigned(secret: Secret): Promise<ResolvedCaller> {
    const { workloads } = this.#deps;
    if (workloads === undefined || !isSignedToken(secret.reveal())) throw notAToken();
    return workloads.verify(secret).then((workload) => {
      const policies = policiesOfWorkload(workload, this.#deps.source.allPolicies());
      return callerOfWorkload(workload, this.#compiler.compile(workload, policies));
    });
  }

  #ofToken(token: AclToken): ResolvedCaller {
    const version = this.#deps.source.rightsVersion();
    const known = this.#callers.get(token);
    if (known?.version === version) return known.caller;
    const caller = callerOfToken(token, this.#aclOf(token));
    this.#callers.set(token, { version, caller });
    return caller;
  }

  #aclOf(token: AclToken): Acl {
    if (token.type === 'management') return MANAGEMENT_ACL;
    return this.#compiler.compile(token, gatherPolicies(token, this.#deps.source));
  }

  #ofNode(digest: string): ResolvedCaller {
    const node = this.#deps.source.nodeBySecret(digest);
    if (node?.nodePool === undefined || !isSameDigest(node.digest, digest)) throw permissionDenied();
    return callerOfNode(node.nodeId, clientAcl(node.nodePool));
  }

  #isLeader(digest: string): boolean {
    const secret = this.#deps.source.leaderSecret();
    return secret !== undefined && !secret.isEmpty && isSameDigest(secretDigest(secret), digest);
  }

  #digestOf(token: AclToken): string {
    const known = this.#digests.get(token) ?? secretDigest(token.secretId);
    this.#digests.set(token, known);
    return known;
  }
}
