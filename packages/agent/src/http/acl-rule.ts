import type { AclCheck, PlainCheckName } from '@steppe/acl';

/**
 * A check of the policy engine, as routes ask for it: by its name where it has no arguments. `AgentDebug` is asked with the
 * agent's own `enable_debug`.
 */
export type Requirement = PlainCheckName | 'AgentDebug' | AclCheck;

/**
 * How a credential that does not resolve is answered; always 403. `denied`: `Permission denied`, whatever was wrong.
 * `plain`: the resolver's own text. `explained`: that text behind `ACL token not found or invalid workload identity: `.
 * A well-formed but unknown token is `Permission denied` in all three.
 */
export type TokenErrorStyle = 'denied' | 'plain' | 'explained';

export interface AclRule {
  /** All are needed, checked in this order. */
  readonly requires: readonly Requirement[];
  /** Those of them that only the agent that answers asks, not one that passes the request on; default none. */
  readonly askedWhereAnswered?: readonly Requirement[];
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
