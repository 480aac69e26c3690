/** Coarse level a token has on the agent or on nodes; each level includes the ones before it. */
export type AccessLevel = 'deny' | 'read' | 'write';

/**
 * What one caller may do: immutable, shared, and asked before state is touched. Every check fails closed.
 * @see spec "Checks" of the ACL system
 */
export interface Acl {
  /** Management tokens pass every check. */
  isManagement(): boolean;
  allowAgentRead(): boolean;
  allowAgentWrite(): boolean;
  /**
   * Runtime profiles and host data. With ACLs on, any agent level grants it; with ACLs off only the agent's own
   * `enable_debug` does.
   */
  allowAgentDebug(enableDebug: boolean): boolean;
  allowNodeRead(): boolean;
  allowNodeWrite(): boolean;
}

/** The levels a compiled object is made of. */
export interface AccessLevels {
  readonly agent: AccessLevel;
  readonly node: AccessLevel;
}

class CompiledAcl implements Acl {
  readonly #levels: AccessLevels;

  constructor(levels: AccessLevels) {
    this.#levels = levels;
  }

  isManagement(): boolean {
    return false;
  }

  allowAgentRead(): boolean {
    return this.#levels.agent !== 'deny';
  }

  allowAgentWrite(): boolean {
    return this.#levels.agent === 'write';
  }

  allowAgentDebug(): boolean {
    return this.#levels.agent !== 'deny';
  }

  allowNodeRead(): boolean {
    return this.#levels.node !== 'deny';
  }

  allowNodeWrite(): boolean {
    return this.#levels.node === 'write';
  }
}

/** An object that grants exactly these levels. */
export function compileAcl(levels: AccessLevels): Acl {
  return new CompiledAcl(levels);
}

const always = (): boolean => true;

/** Management tokens. */
export const MANAGEMENT_ACL: Acl = Object.freeze({
  isManagement: always,
  allowAgentRead: always,
  allowAgentWrite: always,
  allowAgentDebug: always,
  allowNodeRead: always,
  allowNodeWrite: always,
});

/** Everybody, while ACLs are off. */
export const DISABLED_ACL: Acl = Object.freeze({
  ...MANAGEMENT_ACL,
  allowAgentDebug: (enableDebug: boolean) => enableDebug,
});

/** Grants nothing: the anonymous caller without an `anonymous` policy. */
export const DENY_ALL_ACL: Acl = compileAcl({ agent: 'deny', node: 'deny' });
