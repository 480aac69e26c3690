import type { Position } from '@steppe/domain';

/** What every rule has: where it was written. */
export interface Rule {
  readonly at: Position;
}

/** A rule of one policy word (`agent`, `node`, `quota`, `plugin`). */
export interface LevelRule extends Rule {
  readonly policy: string;
}

/** A rule of a policy word and a list of capabilities (`operator`, `sentinel`). */
export interface CapabilityRule extends LevelRule {
  /** Shorthands are expanded and implied words added; `undefined` when the rule says nothing. */
  readonly capabilities: readonly string[] | undefined;
}

/** A rule for what its label names (`node_pool`, `host_volume`); a label with a `*` is a pattern. */
export interface LabelledRule extends CapabilityRule {
  readonly name: string;
}

export interface VariablePathRule extends Rule {
  /** A `*` makes it a pattern. */
  readonly path: string;
  readonly capabilities: readonly string[] | undefined;
}

export interface NamespaceRule extends LabelledRule {
  readonly variables: readonly VariablePathRule[] | undefined;
}

/** The rules of one policy, valid and with every shorthand expanded. Immutable. */
export interface PolicyRules {
  readonly namespaces: readonly NamespaceRule[];
  readonly nodePools: readonly LabelledRule[];
  readonly hostVolumes: readonly LabelledRule[];
  readonly agent: LevelRule | undefined;
  readonly node: LevelRule | undefined;
  readonly operator: CapabilityRule | undefined;
  readonly sentinel: CapabilityRule | undefined;
  readonly quota: LevelRule | undefined;
  readonly plugin: LevelRule | undefined;
  /** The text the rules were read from. */
  readonly raw: string;
}
