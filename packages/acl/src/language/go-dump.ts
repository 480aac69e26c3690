import { goQuote } from '@steppe/domain';
import type { CapabilityRule, LabelledRule, LevelRule, NamespaceRule } from './policy-rules.js';

// Nomad: its messages show the offending rule as Go prints a struct (`%#v`).

const list = (words: readonly string[] | undefined): string =>
  words === undefined ? '[]string(nil)' : `[]string{${words.map(goQuote).join(', ')}}`;

const struct = (type: string, fields: Readonly<Record<string, string>>): string =>
  `&acl.${type}{${Object.entries(fields)
    .map(([name, value]) => `${name}:${value}`)
    .join(', ')}}`;

const coarse = ({ policy, capabilities }: CapabilityRule) => ({
  Policy: goQuote(policy),
  Capabilities: list(capabilities),
});

export function dumpNamespace(rule: NamespaceRule): string {
  // Go prints an address where variables are set, which nobody can match on.
  const variables = rule.variables === undefined ? '(nil)' : '(0xc000000000)';
  return struct('NamespacePolicy', {
    Name: goQuote(rule.name),
    ...coarse(rule),
    Variables: `(*acl.VariablesPolicy)${variables}`,
  });
}

export function dumpHostVolume(rule: LabelledRule): string {
  return struct('HostVolumePolicy', { Name: goQuote(rule.name), ...coarse(rule) });
}

export function dumpCapabilities(type: 'OperatorPolicy' | 'SentinelPolicy', rule: CapabilityRule): string {
  return struct(type, coarse(rule));
}

export function dumpLevel(
  type: 'AgentPolicy' | 'NodePolicy' | 'QuotaPolicy' | 'PluginPolicy',
  { policy }: LevelRule,
): string {
  return struct(type, { Policy: goQuote(policy) });
}
