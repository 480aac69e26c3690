import type { Position } from '@steppe/domain';
import { goQuote } from '@steppe/domain';
import { policyInvalid } from '../errors.js';
import type { WrittenRules } from './decode-policy.js';
import { dumpCapabilities, dumpHostVolume, dumpLevel, dumpNamespace } from './go-dump.js';
import type { CapabilityRule, LabelledRule, LevelRule, NamespaceRule, VariablePathRule } from './policy-rules.js';
import * as words from './vocabulary.js';

const NAMESPACE_LABEL = /^[a-zA-Z0-9*-]{1,128}$/;
const NODE_POOL_LABEL = /^[a-zA-Z0-9_*-]{1,128}$/;

/**
 * Checks rules as written, in the order the language prescribes, and expands their shorthands; the first problem is the answer.
 * @param leftover - keys nobody knows, which are a problem of their own between the labelled rules and the others
 * @throws ACL_POLICY_INVALID
 */
export function checkRules(rules: WrittenRules, leftover: readonly string[]): WrittenRules {
  const namespaces = rules.namespaces.map(checkNamespace);
  const nodePools = rules.nodePools.map(checkNodePool);
  const hostVolumes = rules.hostVolumes.map(checkHostVolume);
  if (leftover.length > 0) throw policyInvalid(`Invalid or duplicate policy keys: ${leftover.join(', ')}`);
  checkLevel('agent', 'AgentPolicy', rules.agent);
  checkLevel('node', 'NodePolicy', rules.node);
  const operator = checkOperator(rules.operator);
  const sentinel = checkSentinel(rules.sentinel);
  checkLevel('quota', 'QuotaPolicy', rules.quota);
  checkLevel('plugin', 'PluginPolicy', rules.plugin, words.PLUGIN_WORDS);
  return { ...rules, namespaces, nodePools, hostVolumes, operator, sentinel };
}

const isWord = (word: string): boolean => word === '' || words.LEVEL_WORDS.has(word);

/** The first word of a list that the vocabulary does not have. */
const foreign = (list: readonly string[] | undefined, known: ReadonlySet<string>): string | undefined =>
  list?.find((word) => !known.has(word));

function checkNamespace(rule: NamespaceRule): NamespaceRule {
  const { name, policy, at } = rule;
  if (!NAMESPACE_LABEL.test(name)) throw policyInvalid(`Invalid namespace name: ${dumpNamespace(rule)}`, at);
  if (!isWord(policy)) throw policyInvalid(`Invalid namespace policy: ${dumpNamespace(rule)}`, at);
  const word = foreign(rule.capabilities, words.NAMESPACE_CAPABILITIES);
  if (word !== undefined) throw policyInvalid(`Invalid namespace capability '${word}': ${dumpNamespace(rule)}`, at);
  const listed = words.expandShorthand(policy, rule.capabilities, words.NAMESPACE_SHORTHANDS);
  return {
    name,
    policy,
    capabilities: words.addImplied(listed),
    variables: checkVariables(name, rule.variables, at),
    at,
  };
}

function checkVariables(
  namespace: string,
  paths: readonly VariablePathRule[] | undefined,
  at: Position,
): readonly VariablePathRule[] | undefined {
  if (paths?.length === 0)
    throw policyInvalid(`Invalid variable policy: no variable paths in namespace ${namespace}`, at);
  return paths?.map((rule) => {
    const { path } = rule;
    if (path === '') throw policyInvalid(`Invalid missing variable path in namespace ${namespace}`, rule.at);
    // Nomad: the stray backtick is part of the text.
    if (path.startsWith('/'))
      throw policyInvalid(
        `Invalid variable path ${goQuote(path)} in namespace ${namespace}: cannot start with a leading '/'\``,
        rule.at,
      );
    const word = foreign(rule.capabilities, words.VARIABLE_CAPABILITIES);
    if (word !== undefined)
      throw policyInvalid(`Invalid variable capability '${word}' in namespace ${namespace}`, rule.at);
    return { ...rule, capabilities: words.expandVariableCapabilities(rule.capabilities) };
  });
}

function checkNodePool(rule: LabelledRule): LabelledRule {
  const { name, policy, at } = rule;
  if (!NODE_POOL_LABEL.test(name)) throw policyInvalid(`Invalid node pool name '${name}'`, at);
  if (!isWord(policy)) throw policyInvalid(`Invalid node pool policy '${policy}' for '${name}'`, at);
  const word = foreign(rule.capabilities, words.NODE_POOL_CAPABILITIES);
  if (word !== undefined) throw policyInvalid(`Invalid node pool capability '${word}' for '${name}'`, at);
  return { ...rule, capabilities: words.expandShorthand(policy, rule.capabilities, words.NODE_POOL_SHORTHANDS) };
}

function checkHostVolume(rule: LabelledRule): LabelledRule {
  const { name, policy, at } = rule;
  if (!NAMESPACE_LABEL.test(name)) throw policyInvalid(`Invalid host volume name: ${dumpHostVolume(rule)}`, at);
  if (!isWord(policy)) throw policyInvalid(`Invalid host volume policy: ${dumpHostVolume(rule)}`, at);
  const word = foreign(rule.capabilities, words.HOST_VOLUME_CAPABILITIES);
  if (word !== undefined) throw policyInvalid(`Invalid host volume capability '${word}': ${dumpHostVolume(rule)}`, at);
  return { ...rule, capabilities: words.expandShorthand(policy, rule.capabilities, words.HOST_VOLUME_SHORTHANDS) };
}

/** Kinds that are nothing but a policy word, which therefore has to be there. */
function checkLevel(
  kind: string,
  type: Parameters<typeof dumpLevel>[0],
  rule: LevelRule | undefined,
  known: ReadonlySet<string> = words.LEVEL_WORDS,
): void {
  if (rule !== undefined && !known.has(rule.policy))
    throw policyInvalid(`Invalid ${kind} policy: ${dumpLevel(type, rule)}`, rule.at);
}

function checkOperator(rule: CapabilityRule | undefined): CapabilityRule | undefined {
  if (rule === undefined) return undefined;
  if (!isWord(rule.policy))
    throw policyInvalid(`Invalid operator policy: ${dumpCapabilities('OperatorPolicy', rule)}`, rule.at);
  const word = foreign(rule.capabilities, words.OPERATOR_CAPABILITIES);
  if (word !== undefined) throw policyInvalid(`Invalid operator capability '${word}'`, rule.at);
  return { ...rule, capabilities: words.expandShorthand(rule.policy, rule.capabilities, words.OPERATOR_SHORTHANDS) };
}

function checkSentinel(rule: CapabilityRule | undefined): CapabilityRule | undefined {
  if (rule === undefined) return undefined;
  if (!isWord(rule.policy))
    throw policyInvalid(`Invalid sentinel policy: ${dumpCapabilities('SentinelPolicy', rule)}`, rule.at);
  const word = foreign(rule.capabilities, words.SENTINEL_CAPABILITIES);
  if (word !== undefined) throw policyInvalid(`Invalid sentinel capability '${word}'`, rule.at);
  return { ...rule, capabilities: words.expandShorthand(rule.policy, rule.capabilities, words.SENTINEL_SHORTHANDS) };
}
