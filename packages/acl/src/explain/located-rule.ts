import type { Position } from '@steppe/domain';
import { variableLabel } from '../decision/compiled-acl.js';
import type { CapabilityRule, LabelledRule, LevelRule, PolicyRules } from '../language/policy-rules.js';

export type RuleKind =
  | 'namespace'
  | 'node_pool'
  | 'host_volume'
  | 'path'
  | 'agent'
  | 'node'
  | 'operator'
  | 'sentinel'
  | 'quota'
  | 'plugin';

/** A rule with where it stands and what it says, whatever its kind. */
export interface LocatedRule {
  readonly policy: string;
  readonly at: Position;
  /** As it begins in the text: `namespace "prod-*"`. */
  readonly block: string;
  readonly kind: RuleKind;
  /** What it is compiled under; empty for kinds without labels. */
  readonly label: string;
  /** Its policy word, empty for none. */
  readonly word: string;
  /** Capabilities, shorthands expanded. */
  readonly capabilities: readonly string[];
}

/** Every rule of a policy. */
export function locateRules(policy: string, rules: PolicyRules): readonly LocatedRule[] {
  const labelled =
    (kind: RuleKind) =>
    (rule: LabelledRule): LocatedRule => ({
      ...plain(kind, rule),
      block: `${kind} ${JSON.stringify(rule.name)}`,
      label: rule.name,
      capabilities: rule.capabilities ?? [],
    });
  const plain = (kind: RuleKind, { at, policy: word }: LevelRule): LocatedRule => ({
    policy,
    at,
    block: kind,
    kind,
    label: '',
    word,
    capabilities: [],
  });
  const level = (kind: RuleKind, rule: LevelRule | undefined) => (rule === undefined ? [] : [plain(kind, rule)]);
  const coarse = (kind: RuleKind, rule: CapabilityRule | undefined) =>
    level(kind, rule).map((located) => ({ ...located, capabilities: rule?.capabilities ?? [] }));
  const paths = rules.namespaces.flatMap(({ name, variables }) =>
    (variables ?? []).map(({ path, capabilities, at }) => ({
      policy,
      at,
      block: `path ${JSON.stringify(path)}`,
      kind: 'path' as const,
      label: variableLabel(name, path),
      word: '',
      capabilities: capabilities ?? [],
    })),
  );
  return [
    ...rules.namespaces.map(labelled('namespace')),
    ...rules.nodePools.map(labelled('node_pool')),
    ...rules.hostVolumes.map(labelled('host_volume')),
    ...paths,
    ...level('agent', rules.agent),
    ...level('node', rules.node),
    ...coarse('operator', rules.operator),
    ...coarse('sentinel', rules.sentinel),
    ...level('quota', rules.quota),
    ...level('plugin', rules.plugin),
  ];
}
