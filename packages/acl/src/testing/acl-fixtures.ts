import type { AclPolicy, AclRole, AclToken } from '@steppe/domain';
import { decodeAclPolicy, decodeAclRole, decodeAclToken } from '@steppe/domain';
import type { AclSource, NodeIdentity } from '../resolution/server-token-resolver.js';
import { secretDigest } from '@steppe/domain';
import type { Secret } from '@steppe/domain';

/** A well-formed secret or id made of one digit. */
export const idOf = (digit: string): string => '8-4-4-4-12'.replace(/\d+/g, (length) => digit.repeat(Number(length)));

/** A store of tokens, policies, roles and nodes that a test fills. */
export class MemoryAclSource implements AclSource {
  readonly tokens: AclToken[] = [];
  readonly policies = new Map<string, AclPolicy>();
  readonly roles = new Map<string, AclRole>();
  readonly nodes: NodeIdentity[] = [];
  leader: Secret | undefined;
  #index = 0;

  addToken(wire: object): AclToken {
    const token = decodeAclToken({ Type: 'client', ...wire });
    this.tokens.push(token);
    return token;
  }

  addPolicy(name: string, rules: string): AclPolicy {
    this.#index += 1;
    const policy = decodeAclPolicy({ Name: name, Rules: rules, ModifyIndex: this.#index });
    this.policies.set(name, policy);
    return policy;
  }

  addRole(id: string, policies: readonly string[]): AclRole {
    this.#index += 1;
    const role = decodeAclRole({ ID: id, Name: `role-${id}`, Policies: policies.map((Name) => ({ Name })) });
    this.roles.set(id, role);
    return role;
  }

  rightsVersion(): number {
    return this.#index;
  }

  tokenBySecret(digest: string): AclToken | undefined {
    return this.tokens.find(({ secretId }) => secretDigest(secretId) === digest);
  }

  allPolicies(): Iterable<AclPolicy> {
    return this.policies.values();
  }

  nodeBySecret(digest: string): NodeIdentity | undefined {
    return this.nodes.find((node) => node.digest === digest);
  }

  leaderSecret(): Secret | undefined {
    return this.leader;
  }

  policyByName(name: string): AclPolicy | undefined {
    return this.policies.get(name);
  }

  roleById(id: string): AclRole | undefined {
    return this.roles.get(id);
  }
}
