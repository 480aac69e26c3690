import type { AclCheck, PlainCheckName } from '@steppe/acl';
import { DEFAULT_NAMESPACE } from '@steppe/domain';
import type { PathParameters } from './request/path-parameters.js';
import type { Query } from './request/query.js';

/**
 * A check of the policy engine, as routes ask for it: by its name where it has no arguments. `AgentDebug` is asked with the
 * agent's own `enable_debug`.
 */
export type Requirement = PlainCheckName | 'AgentDebug' | AclCheck;

/** What a request is about, as far as its path and query say. */
export interface RequestTarget {
  readonly query: Query;
  readonly path: PathParameters;
}

/** A check whose arguments the request has. */
export interface RequestRequirement {
  /** For documents: `NsOpAnyOf(namespace, submit-job, register-job)`. */
  readonly label: string;
  /** `undefined` where the request needs nothing of the kind. */
  readonly of: (target: RequestTarget) => AclCheck | undefined;
}

export type RuleRequirement = Requirement | RequestRequirement;

/** What a requirement asks of one request, if anything. */
export const requirementOf = (requirement: RuleRequirement, target: RequestTarget): Requirement | undefined =>
  typeof requirement === 'object' && 'of' in requirement ? requirement.of(target) : requirement;

/**
 * How a credential that does not resolve is answered; always 403. `denied`: `Permission denied`, whatever was wrong.
 * `plain`: the resolver's own text. `explained`: that text behind `ACL token not found or invalid workload identity: `.
 * A well-formed but unknown token is `Permission denied` in all three.
 */
export type TokenErrorStyle = 'denied' | 'plain' | 'explained';

export interface AclRule {
  /** All are needed, checked in this order. */
  readonly requires: readonly RuleRequirement[];
  /** Those of them that only the agent that answers asks, not one that passes the request on; default none. */
  readonly askedWhereAnswered?: readonly RuleRequirement[];
  /** What the handler demands besides, once it knows what the request is about; for documents. */
  readonly later?: string;
  readonly tokenErrors: TokenErrorStyle;
}

/** Any caller with the right to read agents; a bad credential is explained. */
export const AGENT_READ: AclRule = { requires: ['AgentRead'], tokenErrors: 'plain' };
export const AGENT_WRITE: AclRule = { requires: ['AgentWrite'], tokenErrors: 'plain' };
/** Everything the ACL system protects: management tokens. */
export const MANAGEMENT: AclRule = { requires: ['Mgmt'], tokenErrors: 'plain' };
/** Reading and changing client nodes. */
export const NODE_READ: AclRule = { requires: ['NodeRead'], tokenErrors: 'plain' };
export const NODE_WRITE: AclRule = { requires: ['NodeWrite'], tokenErrors: 'plain' };
/** Anybody whose credential is good, until the handler knows what the request is about. @param later - see {@link AclRule} */
export const decidedLater = (later: string): AclRule => ({ requires: [], later, tokenErrors: 'plain' });

/** The namespace that a request names; `*` stands for all that its caller may look at. */
export const namespaceOf = (query: Query): string => query.get('namespace') || DEFAULT_NAMESPACE;

/** One of these rights in the namespace that the request names. */
export function inNamespace(...operations: readonly string[]): AclRule {
  const label = `NsOpAnyOf(namespace, ${operations.join(', ')})`;
  return { requires: [{ label, of: ({ query }) => anyOf(namespaceOf(query), operations) }], tokenErrors: 'plain' };
}

export const anyOf = (namespace: string, operations: readonly string[]): AclCheck => ({
  check: 'NsOpAnyOf',
  namespace,
  operations,
});
