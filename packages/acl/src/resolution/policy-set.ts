import type { AclPolicy, AclRole, AclToken } from '@steppe/domain';
import { compareBytes } from '@steppe/domain';
import { TwoQueueCache } from '../cache/two-queue-cache.js';
import type { Acl } from '../decision/acl.js';
import { compileAcl } from '../decision/compile-acl.js';
import { DENY_ALL_ACL } from '../decision/special-acls.js';
import { policyUnreadable } from '../errors.js';
import { parsePolicy } from '../language/parse-policy.js';
import { policySetKey } from '../objects/content-hash.js';

/** Where the policies of a token are found. */
export interface PolicySource {
  policyByName(name: string): AclPolicy | undefined;
  roleById(id: string): AclRole | undefined;
}

/** The policies of a token and of its roles, each once, by name; what does not exist grants nothing. */
export function gatherPolicies({ policies, roles }: AclToken, source: PolicySource): readonly AclPolicy[] {
  const names = new Set([...policies, ...roles.flatMap(({ id }) => source.roleById(id)?.policies ?? [])]);
  const found = Array.from(names, (name) => source.policyByName(name)).filter((policy) => policy !== undefined);
  return found.length > 1 ? found.sort((a, b) => compareBytes(a.name, b.name)) : found;
}

/** The set last compiled for somebody. */
interface Compiled {
  readonly policies: readonly AclPolicy[];
  readonly acl: Acl;
}

/**
 * Compiles sets of stored policies, each set in each of its states once. A policy that changes has another version, so nothing
 * needs to be taken out of the cache. As long as the very same policy objects are asked for, not even the key is computed.
 */
export class PolicySetCompiler {
  readonly #cache: TwoQueueCache<string, Acl>;
  readonly #last = new WeakMap<object, Compiled>();

  /** @param capacity - compiled sets that are kept */
  constructor(capacity: number) {
    this.#cache = new TwoQueueCache(capacity);
  }

  /**
   * @param owner - whose set it is, for the short cut; stored records never change in place
   * @param policies - sorted by name
   * @throws ACL_POLICY_UNREADABLE for a policy that cannot be parsed: then nobody gets anything from the whole set
   */
  compile(owner: object, policies: readonly AclPolicy[]): Acl {
    if (policies.length === 0) return DENY_ALL_ACL;
    const last = this.#last.get(owner);
    if (last?.policies.length === policies.length && policies.every((policy, n) => policy === last.policies[n]))
      return last.acl;
    const key = policySetKey(policies);
    const acl = this.#cache.get(key) ?? compileAcl(policies.map(parseStored));
    this.#cache.set(key, acl);
    this.#last.set(owner, { policies, acl });
    return acl;
  }
}

function parseStored({ name, rules }: AclPolicy): ReturnType<typeof parsePolicy> {
  try {
    return parsePolicy(rules);
  } catch (error) {
    throw policyUnreadable(name, error as Error);
  }
}
