import type { CapabilityRule, LabelledRule, LevelRule, PolicyRules } from '../language/policy-rules.js';
import type { Acl } from './acl.js';
import type { AclContent, Level } from './compiled-acl.js';
import { CompiledAcl, variableLabel } from './compiled-acl.js';
import { RuleTable, TableBuilder, united } from './rule-table.js';

/** Weakest first; a word that is not here counts as none. */
const STRENGTH: readonly string[] = ['', 'list', 'read', 'write', 'deny'];

/**
 * Turns any number of policies into one object. Their order never matters: capabilities for the same label add up, a `deny`
 * leaves nothing else, and of levels the strongest holds (deny, write, read, list).
 */
export function compileAcl(policies: readonly PolicyRules[]): Acl {
  return new CompiledAcl(contentOf(policies));
}

/** What the policies say together. */
export function contentOf(policies: readonly PolicyRules[]): AclContent {
  return {
    ...NOTHING,
    namespaces: tableOf(policies.flatMap(({ namespaces }) => namespaces)),
    nodePools: tableOf(policies.flatMap(({ nodePools }) => nodePools)),
    hostVolumes: tableOf(policies.flatMap(({ hostVolumes }) => hostVolumes)),
    variables: variablesOf(policies),
    agent: levelOf(policies.map(({ agent }) => agent)),
    node: levelOf(policies.map(({ node }) => node)),
    operator: levelOf(policies.map(({ operator }) => operator)),
    operatorCapabilities: capabilitiesOf(policies.map(({ operator }) => operator)),
    sentinel: levelOf(policies.map(({ sentinel }) => sentinel)),
    sentinelCapabilities: capabilitiesOf(policies.map(({ sentinel }) => sentinel)),
    quota: levelOf(policies.map(({ quota }) => quota)),
    plugin: levelOf(policies.map(({ plugin }) => plugin)),
  };
}

const NO_RULES = new RuleTable([]);

/** The content of an object that grants nothing. */
export const NOTHING: AclContent = {
  bypass: 'none',
  namespaces: NO_RULES,
  nodePools: NO_RULES,
  hostVolumes: NO_RULES,
  variables: NO_RULES,
  agent: '',
  node: '',
  operator: '',
  operatorCapabilities: new Set(),
  sentinel: '',
  sentinelCapabilities: new Set(),
  quota: '',
  plugin: '',
  client: 'deny',
  clientPool: '',
  server: 'deny',
};

function tableOf(rules: readonly LabelledRule[]): RuleTable {
  const builder = new TableBuilder({ denyWins: true });
  for (const { name, capabilities } of rules) builder.add(name, capabilities);
  return builder.build();
}

function variablesOf(policies: readonly PolicyRules[]): RuleTable {
  // Nomad: a deny in one rule for a path leaves what another grants, also that of a denied namespace.
  const builder = new TableBuilder({ denyWins: false });
  for (const { namespaces } of policies) {
    for (const { name, variables } of namespaces) {
      for (const { path, capabilities } of variables ?? []) builder.add(variableLabel(name, path), capabilities);
    }
  }
  return builder.build();
}

function levelOf(rules: readonly (LevelRule | undefined)[]): Level {
  const strongest = rules.reduce((level, rule) => Math.max(level, STRENGTH.indexOf(rule?.policy ?? '')), 0);
  return STRENGTH[strongest] as Level;
}

function capabilitiesOf(rules: readonly (CapabilityRule | undefined)[]): ReadonlySet<string> {
  return rules.reduce<ReadonlySet<string>>((set, rule) => united(set, rule?.capabilities ?? [], true), new Set());
}
