import type { AclPolicy, AclRole, AclToken, Secret } from '@steppe/domain';
import { isSteppeError, msToNanoseconds } from '@steppe/domain';
import type { Clock, Logger } from '@steppe/runtime';
import type { Aged } from '../cache/aging-cache.js';
import { AgingCache } from '../cache/aging-cache.js';
import { MANAGEMENT_ACL } from '../decision/special-acls.js';
import type { AclErrorDetail } from '../errors.js';
import { tokenExpired, tokenNotFound } from '../errors.js';
import { secretDigest } from '@steppe/domain';
import { isExpired } from '../objects/tokens.js';
import type { ResolvedCaller } from './caller.js';
import { ANONYMOUS_TOKEN, callerOfToken, callerOfWorkload, DISABLED_CALLER } from './caller.js';
import { gatherPolicies, PolicySetCompiler } from './policy-set.js';
import type { WorkloadIdentity } from './workload-identity.js';
import { isSignedToken } from './workload-identity.js';
import type { ResolveOptions, TokenResolver, TokenResolverOptions } from './token-resolver.js';

/** A running task, and the policies that are attached to it, by name. */
export interface WorkloadRights {
  readonly workload: WorkloadIdentity;
  readonly policies: readonly AclPolicy[];
}

/**
 * The servers, as a client agent asks them. What they answer about a secret is an ACL_* error of this package. Only
 * ACL_SERVERS_UNREACHABLE, for a failed transport or no leader, lets the client go by what it knew; everything else denies.
 */
export interface AclRemote {
  /** Who holds a secret; `undefined` for somebody who has no token, such as a node. */
  whoAmI(secret: Secret): Promise<AclToken | undefined>;
  /** Who holds a signed token, and the policies that are attached to that task. */
  workload(token: Secret): Promise<WorkloadRights>;
  /** Those of these policies that exist. @param secret - of the caller, `undefined` for anonymous */
  policies(names: readonly string[], secret: Secret | undefined): Promise<readonly AclPolicy[]>;
  /** Those of these roles that exist. */
  roles(ids: readonly string[], secret: Secret | undefined): Promise<readonly AclRole[]>;
}

export interface ClientTokenResolverOptions extends TokenResolverOptions {
  /** `acl.token_ttl`, milliseconds. */
  readonly tokenTtlMs: number;
  /** `acl.policy_ttl`, milliseconds. */
  readonly policyTtlMs: number;
  /** `acl.role_ttl`, milliseconds. */
  readonly roleTtlMs: number;
}

export interface ClientTokenResolverDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly remote: AclRemote;
}

const TOKENS = 128;
const POLICIES = 64;
const ROLES = 64;
const COMPILED_SETS = 64;
/** Secrets known to be no good, and for how long: a flood of bad requests must not become a flood of calls. */
const REFUSALS = 128;
const REFUSAL_TTL_MS = 1_000;
/** Clients expire tokens this much earlier, so that a server never sees an expired one from them. */
const EARLY_MS = 2_000;

/** Policies or roles by key; `undefined` for what does not exist. */
type Found<V> = ReadonlyMap<string, V | undefined>;

/** Where policies or roles are remembered. */
interface Source<V> {
  readonly what: string;
  readonly cache: AgingCache<string, V | undefined>;
  readonly ttlMs: number;
}

/** One request on its way through the caches. */
interface Request {
  readonly secret: Secret | undefined;
  readonly digest: string;
  readonly maxAgeMs: number;
}

/**
 * Resolution on a client agent, which asks the servers and remembers their answers for a while. Callers with the same secret share
 * one question. While no server can be reached, what was known goes on to count, roles included; as soon as a server says that a
 * secret is no good, it is not.
 */
export class ClientTokenResolver implements TokenResolver {
  readonly #options: ClientTokenResolverOptions;
  readonly #deps: ClientTokenResolverDeps;
  readonly #tokens = new AgingCache<string, AclToken>(TOKENS);
  /** `undefined`: known not to exist. */
  readonly #policies = new AgingCache<string, AclPolicy | undefined>(POLICIES);
  readonly #roles = new AgingCache<string, AclRole | undefined>(ROLES);
  readonly #refusals = new AgingCache<string, unknown>(REFUSALS);
  readonly #compiler = new PolicySetCompiler(COMPILED_SETS);
  readonly #inFlight = new Map<string, Promise<ResolvedCaller>>();

  constructor(options: ClientTokenResolverOptions, deps: ClientTokenResolverDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  resolve(secret: Secret | undefined, options: ResolveOptions = {}): ResolvedCaller | Promise<ResolvedCaller> {
    if (!this.#options.aclEnabled) return DISABLED_CALLER;
    const isAnonymous = secret === undefined || secret.isEmpty;
    // Not remembered: a token is good as long as its allocation lives, which servers know.
    if (!isAnonymous && isSignedToken(secret.reveal())) return this.#ofSigned(secret);
    const digest = isAnonymous ? '' : secretDigest(secret);
    const request = {
      secret: isAnonymous ? undefined : secret,
      digest,
      maxAgeMs: options.maxAgeMs ?? Number.POSITIVE_INFINITY,
    };
    const known = this.#fromCaches(request);
    if (known !== undefined) return known;
    const running = this.#inFlight.get(digest);
    if (running !== undefined) return running;
    const asked = this.#ask(request).finally(() => this.#inFlight.delete(digest));
    this.#inFlight.set(digest, asked);
    return asked;
  }

  async #ofSigned(token: Secret): Promise<ResolvedCaller> {
    const { workload, policies } = await this.#deps.remote.workload(token);
    return callerOfWorkload(workload, this.#compiler.compile(workload, policies));
  }

  /** The answer when nothing has to be asked. */
  #fromCaches(request: Request): ResolvedCaller | undefined {
    const { digest, secret } = request;
    const refusal = this.#refusals.get(digest);
    if (refusal !== undefined && this.#ageOf(refusal) <= Math.min(REFUSAL_TTL_MS, request.maxAgeMs))
      throw refusal.value;
    const token =
      secret === undefined ? ANONYMOUS_TOKEN : this.#fresh(this.#tokens, digest, this.#options.tokenTtlMs, request);
    if (token === undefined) return undefined;
    this.#refuseExpired(token, digest);
    if (token.type === 'management') return callerOfToken(token, MANAGEMENT_ACL);
    const roles = this.#allFresh(this.#roles, roleIds(token), this.#options.roleTtlMs, request);
    if (roles === undefined) return undefined;
    const policies = this.#allFresh(this.#policies, policyNames(token, roles), this.#options.policyTtlMs, request);
    return policies === undefined ? undefined : this.#compiled(token, roles, policies);
  }

  async #ask(request: Request): Promise<ResolvedCaller> {
    try {
      const token = await this.#token(request);
      this.#refuseExpired(token, request.digest);
      if (token.type === 'management') return callerOfToken(token, MANAGEMENT_ACL);
      const roles = await this.#loadRoles(token, request);
      return this.#compiled(token, roles, await this.#loadPolicies(policyNames(token, roles), request));
    } catch (error) {
      if (isRefusal(error)) {
        // Differs from Nomad: there a client goes on to honour a secret that the servers refuse, as long as it has it cached.
        this.#tokens.delete(request.digest);
        this.#refusals.set(request.digest, error, this.#deps.clock.monotonic());
      }
      throw error;
    }
  }

  async #token(request: Request): Promise<AclToken> {
    const { secret, digest } = request;
    if (secret === undefined) return ANONYMOUS_TOKEN;
    const fresh = this.#fresh(this.#tokens, digest, this.#options.tokenTtlMs, request);
    if (fresh !== undefined) return fresh;
    const askedAtMs = this.#deps.clock.monotonic();
    try {
      const token = await this.#deps.remote.whoAmI(secret);
      if (token === undefined) throw tokenNotFound();
      this.#tokens.set(digest, token, askedAtMs);
      return token;
    } catch (error) {
      const known = this.#tokens.get(digest)?.value;
      if (known === undefined || !isOutage(error)) throw error;
      this.#warn('token', error);
      return known;
    }
  }

  #loadRoles(token: AclToken, request: Request): Promise<Found<AclRole>> {
    const { remote } = this.#deps;
    const source = { what: 'roles', cache: this.#roles, ttlMs: this.#options.roleTtlMs };
    return this.#load(source, roleIds(token), request, async (ids) => {
      const found = await remote.roles(ids, request.secret);
      return new Map(found.map((role) => [role.id, role]));
    });
  }

  #loadPolicies(names: readonly string[], request: Request): Promise<Found<AclPolicy>> {
    const { remote } = this.#deps;
    const source = { what: 'policies', cache: this.#policies, ttlMs: this.#options.policyTtlMs };
    return this.#load(source, names, request, async (missing) => {
      const found = await remote.policies(missing, request.secret);
      return new Map(found.map((policy) => [policy.name, policy]));
    });
  }

  /**
   * Everything that is asked for, from the cache where it is fresh; during an outage also where it is not. The answer does not
   * depend on the cache having room for it: with a policy that slipped out, a deny would be lost.
   */
  async #load<V>(
    { what, cache, ttlMs }: Source<V>,
    keys: readonly string[],
    request: Request,
    fetch: (missing: readonly string[]) => Promise<Found<V>>,
  ): Promise<Found<V>> {
    const known = new Map(keys.map((key) => [key, cache.get(key)]));
    const isFresh = (key: string): boolean => this.#isFresh(known.get(key), ttlMs, request);
    const missing = keys.filter((key) => !isFresh(key));
    const values = new Map(keys.map((key) => [key, known.get(key)?.value]));
    if (missing.length === 0) return values;
    const askedAtMs = this.#deps.clock.monotonic();
    try {
      const found = await fetch(missing);
      for (const key of missing) {
        values.set(key, found.get(key));
        cache.set(key, found.get(key), askedAtMs);
      }
    } catch (error) {
      if (!isOutage(error) || missing.some((key) => known.get(key) === undefined)) throw error;
      this.#warn(what, error);
    }
    return values;
  }

  #compiled(token: AclToken, roles: Found<AclRole>, policies: Found<AclPolicy>): ResolvedCaller {
    const source = { policyByName: (name: string) => policies.get(name), roleById: (id: string) => roles.get(id) };
    return callerOfToken(token, this.#compiler.compile(token, gatherPolicies(token, source)));
  }

  #refuseExpired(token: AclToken, digest: string): void {
    if (!isExpired(token, msToNanoseconds(this.#deps.clock.now() + EARLY_MS))) return;
    this.#tokens.delete(digest);
    throw tokenExpired();
  }

  #fresh<V>(cache: AgingCache<string, V>, key: string, ttlMs: number, request: Request): V | undefined {
    const entry = cache.get(key);
    return entry !== undefined && this.#isFresh(entry, ttlMs, request) ? entry.value : undefined;
  }

  /** `undefined` unless every key is in the cache and not too old. */
  #allFresh<V>(
    cache: AgingCache<string, V | undefined>,
    keys: readonly string[],
    ttlMs: number,
    request: Request,
  ): Found<V> | undefined {
    const found = new Map<string, V | undefined>();
    for (const key of keys) {
      const entry = cache.get(key);
      if (entry === undefined || !this.#isFresh(entry, ttlMs, request)) return undefined;
      found.set(key, entry.value);
    }
    return found;
  }

  #isFresh(entry: Aged<unknown> | undefined, ttlMs: number, { maxAgeMs }: Request): boolean {
    return entry !== undefined && this.#ageOf(entry) <= Math.min(ttlMs, maxAgeMs);
  }

  #ageOf({ atMs }: { readonly atMs: number }): number {
    return this.#deps.clock.monotonic() - atMs;
  }

  #warn(what: string, error: unknown): void {
    this.#deps.logger.warn('no server to ask, going by what was known', { what, error });
  }
}

const roleIds = ({ roles }: AclToken): readonly string[] => [...new Set(roles.map(({ id }) => id))];

const policyNames = ({ policies }: AclToken, roles: Found<AclRole>): readonly string[] => [
  ...new Set([...policies, ...Array.from(roles.values(), (role) => role?.policies ?? []).flat()]),
];

const isOutage = (error: unknown): boolean => isSteppeError(error, 'ACL_SERVERS_UNREACHABLE');

const REFUSED: ReadonlySet<string> = new Set<AclErrorDetail['code']>([
  'ACL_PERMISSION_DENIED',
  'ACL_TOKEN_NOT_FOUND',
  'ACL_TOKEN_EXPIRED',
  'ACL_TOKEN_MALFORMED',
]);

/** What the servers say about a secret that is no good. */
const isRefusal = (error: unknown): boolean => isSteppeError(error) && REFUSED.has(error.code);
