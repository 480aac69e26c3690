/** A right the ACL system knows, as routes ask for it. */
export type Capability = 'agent:read' | 'agent:write' | 'agent:debug' | 'node:read' | 'node:write' | 'management';

/**
 * How a credential that does not resolve is answered; always 403. `denied`: `Permission denied`, whatever was wrong.
 * `plain`: the resolver's own text. `explained`: that text behind `ACL token not found or invalid workload identity: `.
 * A well-formed but unknown token is `Permission denied` in all three.
 */
export type TokenErrorStyle = 'denied' | 'plain' | 'explained';

export interface AclRule {
  /** All are needed, checked in this order. */
  readonly requires: readonly Capability[];
  readonly tokenErrors: TokenErrorStyle;
}

/** Any caller with the right to read agents; a bad credential is explained. */
export const AGENT_READ: AclRule = { requires: ['agent:read'], tokenErrors: 'plain' };
export const AGENT_WRITE: AclRule = { requires: ['agent:write'], tokenErrors: 'plain' };
/** Everything the ACL system protects: management tokens. */
export const MANAGEMENT: AclRule = { requires: ['management'], tokenErrors: 'plain' };
