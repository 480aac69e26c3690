import type { WorkloadClaim } from '../decision/acl.js';
import type { AclCheck } from '../decision/checks.js';
import type { LevelRule, PolicyRules } from '../language/policy-rules.js';

// The rules of evaluation once more, written down as they are specified, without an index, a cache or a compiled form: slow, and
// what the real engine is compared to. Shares nothing with it but types.

/** Every rule as label and words; a label may occur many times. */
type Rules = readonly (readonly [label: string, words: readonly string[]])[];

export function evaluateDirectly(policies: readonly PolicyRules[], ask: AclCheck): boolean {
  const namespaces = rulesOf(policies.flatMap((policy) => policy.namespaces));
  switch (ask.check) {
    case 'NsOp':
      return namespaceOperation(namespaces, ask.namespace, ask.operation);
    case 'NsOpAnyOf':
      return ask.operations.some((operation) => namespaceOperation(namespaces, ask.namespace, operation));
    case 'Ns':
      if (ask.namespace !== '*') return usable(chosen(namespaces, ask.namespace));
      return labels(namespaces).some((label) => usable(merged(namespaces, label)));
    case 'PoolOp':
      return operation(rulesOf(policies.flatMap((policy) => policy.nodePools)), ask.pool, ask.operation);
    case 'Pool':
      return usable(chosen(rulesOf(policies.flatMap((policy) => policy.nodePools)), ask.pool));
    case 'HvOp':
      return operation(rulesOf(policies.flatMap((policy) => policy.hostVolumes)), ask.volume, ask.operation);
    case 'Hv':
      return usable(chosen(rulesOf(policies.flatMap((policy) => policy.hostVolumes)), ask.volume));
    case 'Var':
      return variable(variableRules(policies), ask.namespace, ask.path, ask.operation, ask.claim);
    case 'VarSearch':
      return variableRules(policies).some(([label]) => ask.namespace === '*' || label.startsWith(ask.namespace));
    case 'AgentDebug':
      return ['read', 'write'].includes(level(policies.map(({ agent }) => agent)));
    case 'OperatorOp':
      return coarse(policies, 'operator', ask.capability);
    case 'SentinelOp':
      return coarse(policies, 'sentinel', ask.capability);
    case 'Svc':
      return ask.isWorkload || namespaceOperation(namespaces, ask.namespace, 'read-job');
    case 'ClientOp':
      return false;
    default:
      return plain(policies, ask.check);
  }
}

function plain(policies: readonly PolicyRules[], check: string): boolean {
  const has = (kind: 'agent' | 'node' | 'operator' | 'quota' | 'plugin', ...words: string[]): boolean =>
    words.includes(level(policies.map((policy) => policy[kind])));
  switch (check) {
    case 'PoolSearch': {
      const pools = rulesOf(policies.flatMap((policy) => policy.nodePools));
      return labels(pools).some((label) => !merged(pools, label).has('deny'));
    }
    case 'AgentRead':
      return has('agent', 'read', 'write');
    case 'AgentWrite':
      return has('agent', 'write');
    case 'NodeRead':
      return has('node', 'read', 'write');
    case 'NodeWrite':
      return has('node', 'write');
    case 'OperatorRead':
      return has('operator', 'read', 'write');
    case 'OperatorWrite':
      return has('operator', 'write');
    case 'QuotaRead':
      return has('quota', 'read', 'write');
    case 'QuotaWrite':
      return has('quota', 'write');
    case 'PluginRead':
      return has('plugin', 'read');
    case 'PluginList':
      return has('plugin', 'read', 'list');
    default:
      // Management, servers: never by policy.
      return false;
  }
}

const rulesOf = (
  rules: readonly { readonly name: string; readonly capabilities: readonly string[] | undefined }[],
): Rules => rules.map(({ name, capabilities }) => [name, capabilities ?? []]);

function variableRules(policies: readonly PolicyRules[]): Rules {
  return policies.flatMap(({ namespaces }) =>
    namespaces.flatMap(({ name, variables }) =>
      (variables ?? []).map(({ path, capabilities }) => [`${name}\0${path}`, capabilities ?? []] as const),
    ),
  );
}

const labels = (rules: Rules): readonly string[] => rules.map(([label]) => label);

/** All words for one label; a deny leaves nothing else. */
function merged(rules: Rules, label: string): ReadonlySet<string> {
  const all = union(rules, label);
  return all.has('deny') ? new Set(['deny']) : all;
}

const union = (rules: Rules, label: string): ReadonlySet<string> =>
  new Set(rules.filter(([name]) => name === label).flatMap(([, found]) => found));

/** The label that decides about a name. */
function closest(rules: Rules, name: string): string | undefined {
  let best: { readonly label: string; readonly distance: number } | undefined;
  for (const label of labels(rules)) {
    if (!label.includes('*') || !matches(label, name)) continue;
    const distance = Buffer.byteLength(name) - Buffer.byteLength(label) + (label.split('*').length - 1);
    const isCloser = best === undefined || distance < best.distance;
    const isLater = best?.distance === distance && Buffer.compare(Buffer.from(label), Buffer.from(best.label)) > 0;
    if (isCloser || isLater) best = { label, distance };
  }
  return best?.label;
}

function chosen(rules: Rules, name: string): ReadonlySet<string> | undefined {
  const isExact = rules.some(([label]) => label === name && !label.includes('*'));
  const label = isExact ? name : closest(rules, name);
  return label === undefined ? undefined : merged(rules, label);
}

const usable = (set: ReadonlySet<string> | undefined): boolean => set !== undefined && set.size > 0 && !set.has('deny');

const operation = (rules: Rules, name: string, word: string): boolean => chosen(rules, name)?.has(word) === true;

function namespaceOperation(rules: Rules, namespace: string, word: string): boolean {
  if (namespace === '*' && labels(rules).some((label) => merged(rules, label).has(word))) return true;
  return operation(rules, namespace, word);
}

function variable(rules: Rules, namespace: string, path: string, word: string, claim?: WorkloadClaim): boolean {
  const label = `${namespace}\0${path}`;
  if (rules.some(([name]) => name === label && !name.includes('*'))) return union(rules, label).has(word);
  if (claim?.namespace === namespace) {
    const { jobId, group, task } = claim;
    const own = [[], [jobId], [jobId, group], [jobId, group, task]].map((rest) => ['nomad', 'jobs', ...rest].join('/'));
    if (own.includes(path)) return word === 'read' || word === 'list';
  }
  const glob = closest(rules, label);
  return glob !== undefined && union(rules, glob).has(word);
}

/** Whole-name match by pieces. */
function matches(pattern: string, name: string): boolean {
  const pieces = pattern.split('*');
  const [first = ''] = pieces;
  if (!name.startsWith(first)) return false;
  let rest = name.slice(first.length);
  for (const piece of pieces.slice(1, -1)) {
    const found = rest.indexOf(piece);
    if (found < 0) return false;
    rest = rest.slice(found + piece.length);
  }
  return rest.endsWith(pieces.at(-1) ?? '');
}

function level(rules: readonly (LevelRule | undefined)[]): string {
  const found = new Set(rules.map((rule) => rule?.policy));
  return ['deny', 'write', 'read', 'list'].find((word) => found.has(word)) ?? '';
}

function coarse(policies: readonly PolicyRules[], kind: 'operator' | 'sentinel', word: string): boolean {
  const rules = policies.map((policy) => policy[kind]);
  const listed = new Set(rules.flatMap((rule) => rule?.capabilities ?? []));
  if (level(rules) === 'write') return true;
  return listed.has('deny') ? word === 'deny' : listed.has(word);
}
