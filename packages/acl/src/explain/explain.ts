import type { AclCheck, PlainCheckName } from '../decision/checks.js';
import { allows } from '../decision/checks.js';
import { contentOf } from '../decision/compile-acl.js';
import type { AclContent } from '../decision/compiled-acl.js';
import { CompiledAcl, variableLabel } from '../decision/compiled-acl.js';
import type { TableEntry } from '../decision/rule-table.js';
import { parsePolicy } from '../language/parse-policy.js';
import type { PolicyRules } from '../language/policy-rules.js';
import { capabilityGrant, labelledGrants, levelGrant, variableGrants } from './grants.js';
import type { LocatedRule, RuleKind } from './located-rule.js';
import { locateRules } from './located-rule.js';

/** A policy by its name and text. */
export interface NamedPolicy {
  readonly name: string;
  readonly rules: string;
}

/** A rule and where to find it. */
export interface RuleReference {
  readonly policy: string;
  readonly line: number;
  readonly column: number;
  /** As the rule begins in the text: `namespace "prod-*"`. */
  readonly block: string;
}

/** Why a check is answered the way it is. */
export interface Explanation {
  readonly allowed: boolean;
  /** The answer in one sentence. */
  readonly reason: string;
  /** The rules that decide; none when no rule is about what was asked. */
  readonly decidedBy: readonly RuleReference[];
  /** The capability or level that would be needed; `undefined` when the check is allowed or no policy can allow it. */
  readonly missing: string | undefined;
  /** The smallest policy that, added to the others, allows the check; `undefined` when there is none. */
  readonly grant: string | undefined;
  /** Rules that would no longer apply to the name that was asked about, because {@link grant} is closer to it. */
  readonly hides: readonly RuleReference[];
  /** Rules that have to go first, because no added rule can outweigh them. */
  readonly obstacles: readonly RuleReference[];
}

/** What a kind of check is about: the rules that have a say, and what would help. */
interface Matter {
  readonly rules: readonly LocatedRule[];
  readonly missing: string | undefined;
  readonly grants: readonly string[];
  /** Those of the rules that stand in the way of any grant. */
  readonly obstacles: readonly LocatedRule[];
  /** Something other than a rule that decided. */
  readonly because?: string;
}

interface Subject {
  readonly content: AclContent;
  readonly located: readonly LocatedRule[];
  readonly isAllowed: boolean;
}

/**
 * Says why a set of policies allows or denies a check, and what would change a denial.
 * @throws ACL_POLICY_INVALID for a policy that cannot be parsed
 */
export function explain(policies: readonly NamedPolicy[], ask: AclCheck): Explanation {
  const parsed = policies.map(({ name, rules }) => ({ name, rules: parsePolicy(rules) }));
  const content = contentOf(parsed.map(({ rules }) => rules));
  const isAllowed = allows(new CompiledAcl(content), ask);
  const located = parsed.flatMap(({ name, rules }) => locateRules(name, rules));
  const matter = matterOf(ask, { content, located, isAllowed });
  const grant = isAllowed || matter.obstacles.length > 0 ? undefined : workingGrant(matter.grants, parsed, ask);
  return {
    allowed: isAllowed,
    reason: sentence(matter, isAllowed),
    decidedBy: matter.rules.map(reference),
    missing: isAllowed ? undefined : matter.missing,
    grant,
    hides: grant === undefined ? [] : hiddenBy(grant, parsed, ask, located).map(reference),
    obstacles: isAllowed ? [] : matter.obstacles.map(reference),
  };
}

/** The rules that decide about what was asked without the grant, and do not with it. */
function hiddenBy(
  grant: string,
  policies: readonly ParsedPolicy[],
  ask: AclCheck,
  located: readonly LocatedRule[],
): readonly LocatedRule[] {
  const before = contentOf(policies.map(({ rules }) => rules));
  const after = contentOf([...policies.map(({ rules }) => rules), parsePolicy(grant)]);
  const chosen = chosenLabels(after, ask);
  return chosenLabels(before, ask).flatMap(({ kind, label }, n) =>
    chosen[n]?.label === label ? [] : located.filter((rule) => rule.kind === kind && rule.label === label),
  );
}

/** Which label decides about each name that a check mentions. */
function chosenLabels(
  { namespaces, nodePools, hostVolumes, variables }: AclContent,
  ask: AclCheck,
): readonly { readonly kind: RuleKind; readonly label: string | undefined }[] {
  if ('pool' in ask) return [{ kind: 'node_pool', label: nodePools.select(ask.pool)?.label }];
  if ('volume' in ask) return [{ kind: 'host_volume', label: hostVolumes.select(ask.volume)?.label }];
  if (!('namespace' in ask) || ask.namespace === '*') return [];
  const ofNamespace = { kind: 'namespace' as const, label: namespaces.select(ask.namespace)?.label };
  if (ask.check !== 'Var') return [ofNamespace];
  const label = variables.select(variableLabel(ask.namespace, ask.path))?.label;
  return [ofNamespace, { kind: 'path', label }];
}

/** A policy that was read. */
interface ParsedPolicy {
  readonly name: string;
  readonly rules: PolicyRules;
}

const reference = ({ policy, at, block }: LocatedRule): RuleReference => ({ policy, ...at, block });

/** The first of the proposed rules that is valid and really grants. */
function workingGrant(grants: readonly string[], policies: readonly ParsedPolicy[], ask: AclCheck): string | undefined {
  return grants.find((text) => {
    try {
      const added = parsePolicy(text, { isStrict: true });
      return allows(new CompiledAcl(contentOf([...policies.map(({ rules }) => rules), added])), ask);
    } catch {
      // A word that no policy may use: there is nothing to propose.
      return false;
    }
  });
}

function sentence({ rules, missing, obstacles, because }: Matter, isAllowed: boolean): string {
  if (because !== undefined) return `${isAllowed ? 'allowed' : 'denied'}: ${because}`;
  const names = (found: readonly LocatedRule[]): string =>
    found.map(({ block, policy, at }) => `${block} (policy ${JSON.stringify(policy)}, line ${at.line})`).join(', ');
  if (isAllowed) return `allowed by ${names(rules)}`;
  if (obstacles.length > 0) return `denied by ${names(obstacles)}`;
  if (rules.length === 0) return 'denied: no rule is about this';
  return `denied: ${names(rules)} does not grant ${missing ?? 'this'}`;
}

function matterOf(ask: AclCheck, subject: Subject): Matter {
  const { content } = subject;
  switch (ask.check) {
    case 'NsOp':
      return namespaceMatter(ask.namespace, ask.operation, subject);
    case 'NsOpAnyOf': {
      const acl = new CompiledAcl(content);
      const granted = ask.operations.find((operation) => acl.allowNamespaceOperation(ask.namespace, operation));
      return namespaceMatter(ask.namespace, granted ?? ask.operations[0] ?? '', subject);
    }
    case 'Ns':
      return namespaceMatter(ask.namespace, undefined, subject);
    case 'Svc':
      if (ask.isWorkload) return decidedWithoutRule('every workload may read services');
      return namespaceMatter(ask.namespace, 'read-job', subject);
    case 'PoolOp':
      return labelledMatter('node_pool', content.nodePools.select(ask.pool), ask.pool, ask.operation, subject);
    case 'Pool':
      return labelledMatter('node_pool', content.nodePools.select(ask.pool), ask.pool, undefined, subject);
    case 'HvOp':
      return labelledMatter('host_volume', content.hostVolumes.select(ask.volume), ask.volume, ask.operation, subject);
    case 'Hv':
      return labelledMatter('host_volume', content.hostVolumes.select(ask.volume), ask.volume, undefined, subject);
    case 'Var':
      return variableMatter(ask, subject);
    case 'VarSearch':
      return {
        rules: ofKind('path', subject).filter(({ label }) => ask.namespace === '*' || label.startsWith(ask.namespace)),
        missing: 'list',
        grants: variableGrants(ask.namespace, '*', 'list'),
        obstacles: [],
      };
    case 'OperatorOp':
      return capabilityMatter('operator', ask.capability, subject);
    case 'SentinelOp':
      return capabilityMatter('sentinel', ask.capability, subject);
    case 'AgentDebug':
      return levelMatter('agent', ['read', 'write'], subject);
    case 'ClientOp':
      return decidedWithoutRule('no policy grants this; it is for nodes of that pool');
    default:
      return plainMatter(ask.check, subject);
  }
}

function plainMatter(check: PlainCheckName, subject: Subject): Matter {
  switch (check) {
    case 'PoolSearch':
      return poolSearchMatter(subject);
    case 'AgentRead':
      return levelMatter('agent', ['read', 'write'], subject);
    case 'AgentWrite':
      return levelMatter('agent', ['write'], subject);
    case 'NodeRead':
      return levelMatter('node', ['read', 'write'], subject);
    case 'NodeWrite':
      return levelMatter('node', ['write'], subject);
    case 'OperatorRead':
      return levelMatter('operator', ['read', 'write'], subject);
    case 'OperatorWrite':
      return levelMatter('operator', ['write'], subject);
    case 'QuotaRead':
      return levelMatter('quota', ['read', 'write'], subject);
    case 'QuotaWrite':
      return levelMatter('quota', ['write'], subject);
    case 'PluginRead':
      return levelMatter('plugin', ['read'], subject);
    case 'PluginList':
      return levelMatter('plugin', ['list', 'read'], subject);
    case 'ServerOp':
      return decidedWithoutRule('no policy grants this; it is for servers');
    case 'Mgmt':
      return decidedWithoutRule('no policy grants this; it takes a management token');
  }
}

const decidedWithoutRule = (because: string): Matter => ({
  rules: [],
  missing: undefined,
  grants: [],
  obstacles: [],
  because,
});

const ofKind = (kind: RuleKind, { located }: Subject): readonly LocatedRule[] =>
  located.filter((rule) => rule.kind === kind);

/** @param operation - `undefined` asks for any right at all */
function namespaceMatter(name: string, operation: string | undefined, subject: Subject): Matter {
  const { namespaces } = subject.content;
  if (name !== '*') return labelledMatter('namespace', namespaces.select(name), name, operation, subject);
  const granting = ofKind('namespace', subject).filter(({ label, capabilities }) => {
    const together = namespaces.entries.find((entry) => entry.label === label)?.capabilities;
    if (operation !== undefined) return together?.has(operation) === true && capabilities.includes(operation);
    return together?.has('deny') !== true && capabilities.length > 0;
  });
  const word = operation ?? ANY_WORD.namespace;
  return { rules: granting, missing: word, grants: grantsFor('namespace', name, word), obstacles: [] };
}

/** The least that makes a name usable at all. */
const ANY_WORD = { namespace: 'list-jobs', node_pool: 'read', host_volume: 'mount-readonly' } as const;

type LabelledKind = keyof typeof ANY_WORD;

/** To ask for the word deny is to ask whether something is denied, which nobody wants to be granted. */
const grantsFor = (kind: LabelledKind, name: string, word: string): readonly string[] =>
  word === 'deny' ? [] : labelledGrants(kind, name, word);

function labelledMatter(
  kind: LabelledKind,
  entry: TableEntry | undefined,
  name: string,
  operation: string | undefined,
  subject: Subject,
): Matter {
  const rules = ofKind(kind, subject).filter(({ label }) => label === entry?.label);
  const word = operation ?? ANY_WORD[kind];
  const grants = grantsFor(kind, name, word);
  if (subject.isAllowed) {
    const granting = rules.filter(({ capabilities }) =>
      operation === undefined ? capabilities.length > 0 : capabilities.includes(operation),
    );
    return { rules: granting, missing: undefined, grants, obstacles: [] };
  }
  const denying = rules.filter(({ capabilities }) => capabilities.includes('deny'));
  return { rules: denying.length > 0 ? denying : rules, missing: word, grants, obstacles: denying };
}

function variableMatter(ask: AclCheck & { readonly check: 'Var' }, subject: Subject): Matter {
  const { namespace, path, operation, claim } = ask;
  const label = variableLabel(namespace, path);
  const { variables } = subject.content;
  const isOwn =
    claim !== undefined &&
    variables.selectExact(label) === undefined &&
    new CompiledAcl(subject.content).allowVariableOperation(namespace, path, 'list', claim) &&
    variables.selectGlob(label)?.capabilities.has('list') !== true;
  const entry = variables.select(label);
  const rules = isOwn ? [] : ofKind('path', subject).filter((rule) => rule.label === entry?.label);
  return {
    rules: subject.isAllowed ? rules.filter(({ capabilities }) => capabilities.includes(operation)) : rules,
    missing: operation,
    // A deny for a variable outweighs nothing that another rule grants for the same path.
    grants: operation === 'deny' ? [] : variableGrants(namespace, path, operation),
    obstacles: [],
    ...(isOwn ? { because: `a workload may read and list its own variables` } : {}),
  };
}

/** @param words - that grant, the weakest first */
function levelMatter(kind: RuleKind, words: readonly string[], subject: Subject): Matter {
  const rules = ofKind(kind, subject);
  const [needed = ''] = words;
  if (subject.isAllowed) {
    const granting = rules.filter(({ word }) => words.includes(word));
    return { rules: granting, missing: undefined, grants: [], obstacles: [] };
  }
  // A deny holds against everything; a plugin's write, which grants nothing, holds against read and list.
  const stronger = kind === 'plugin' ? ['deny', 'write'] : ['deny'];
  const obstacles = rules.filter(({ word }) => stronger.includes(word));
  return { rules, missing: needed, grants: [levelGrant(kind, needed)], obstacles };
}

function capabilityMatter(kind: 'operator' | 'sentinel', capability: string, subject: Subject): Matter {
  const rules = ofKind(kind, subject);
  if (subject.isAllowed) {
    const byLevel = rules.filter(({ word }) => word === 'write');
    const isByLevel = subject.content[kind] === 'write';
    const listing = rules.filter(({ capabilities }) => capabilities.includes(capability));
    return { rules: isByLevel ? byLevel : listing, missing: undefined, grants: [], obstacles: [] };
  }
  const obstacles = rules.filter(({ capabilities }) => capabilities.includes('deny'));
  const grants = capability === 'deny' ? [] : [capabilityGrant(kind, capability)];
  return { rules, missing: capability, grants, obstacles };
}

function poolSearchMatter(subject: Subject): Matter {
  const rules = ofKind('node_pool', subject);
  const { entries } = subject.content.nodePools;
  const undenied = rules.filter(({ label }) =>
    entries.some((entry) => entry.label === label && !entry.capabilities.has('deny')),
  );
  return {
    rules: subject.isAllowed ? undenied : rules,
    missing: 'node_pool',
    grants: labelledGrants('node_pool', '*', ''),
    obstacles: [],
  };
}
