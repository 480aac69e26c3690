import type { CapabilityRule, LabelledRule, LevelRule, PolicyRules, VariablePathRule } from './policy-rules.js';

const level = (rule: LevelRule | undefined) => (rule === undefined ? null : { Policy: rule.policy });

const coarse = (rule: CapabilityRule | undefined) =>
  rule === undefined ? null : { Capabilities: rule.capabilities ?? null, Policy: rule.policy };

const labelled = (rule: LabelledRule) => ({ ...coarse(rule), Name: rule.name });

const variables = (paths: readonly VariablePathRule[] | undefined) =>
  paths === undefined
    ? null
    : { Paths: paths.map(({ path, capabilities }) => ({ Capabilities: capabilities ?? null, PathSpec: path })) };

const listOf = <T, W>(rules: readonly T[], encode: (rule: T) => W): readonly W[] | null =>
  rules.length === 0 ? null : rules.map(encode);

/** `RulesJSON` of a policy: its rules with every shorthand expanded, absent parts `null`. */
export function encodeRules(rules: PolicyRules) {
  return {
    Agent: level(rules.agent),
    ExtraKeysHCL: null,
    HostVolumes: listOf(rules.hostVolumes, labelled),
    Namespaces: listOf(rules.namespaces, (rule) => ({ ...labelled(rule), Variables: variables(rule.variables) })),
    Node: level(rules.node),
    NodePools: listOf(rules.nodePools, labelled),
    Operator: coarse(rules.operator),
    Plugin: level(rules.plugin),
    Quota: level(rules.quota),
    Raw: rules.raw,
    Sentinel: coarse(rules.sentinel),
  };
}
