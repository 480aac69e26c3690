import type { Acl, WorkloadClaim } from './acl.js';
import type { RuleTable } from './rule-table.js';
import { isUsable } from './rule-table.js';

/** Coarse right; the empty text is none at all. */
export type Level = '' | 'list' | 'read' | 'write' | 'deny';

/** Everything an {@link Acl} decides by. */
export interface AclContent {
  /** Every check that rules decide is true: management, and everybody while ACLs are off. */
  readonly bypass: 'none' | 'management' | 'disabled';
  readonly namespaces: RuleTable;
  readonly nodePools: RuleTable;
  readonly hostVolumes: RuleTable;
  /** Labels are `namespace NUL path`. */
  readonly variables: RuleTable;
  readonly agent: Level;
  readonly node: Level;
  readonly operator: Level;
  readonly operatorCapabilities: ReadonlySet<string>;
  readonly sentinel: Level;
  readonly sentinelCapabilities: ReadonlySet<string>;
  readonly quota: Level;
  readonly plugin: Level;
  /** Rights of the cluster's own agents, never given by policies. */
  readonly client: Level;
  readonly clientPool: string;
  readonly server: Level;
}

/** What a workload may do with the variables of its own job. */
const IMPLICIT_VARIABLE_ACCESS: ReadonlySet<string> = new Set(['read', 'list']);

export const variableLabel = (namespace: string, path: string): string => `${namespace}\0${path}`;

const reads = (level: Level): boolean => level === 'read' || level === 'write';

/** The one implementation of {@link Acl}: content and the questions it answers. */
export class CompiledAcl implements Acl {
  readonly content: AclContent;
  readonly #isOpen: boolean;
  /** Union over all namespaces, denies elsewhere ignored. */
  readonly #anyNamespace: ReadonlySet<string>;
  readonly #hasUsableNamespace: boolean;
  readonly #hasUndeniedPool: boolean;
  /** Sorted, for questions about beginnings. */
  readonly #variableLabels: readonly string[];

  constructor(content: AclContent) {
    const { namespaces, nodePools, variables, bypass } = content;
    this.content = content;
    this.#isOpen = bypass !== 'none';
    this.#anyNamespace = unionOf(new Set(namespaces.entries.map(({ capabilities }) => capabilities)));
    this.#hasUsableNamespace = namespaces.entries.some(isUsable);
    this.#hasUndeniedPool = nodePools.entries.some(({ capabilities }) => !capabilities.has('deny'));
    this.#variableLabels = variables.entries.map(({ label }) => label).sort();
  }

  isManagement(): boolean {
    return this.#isOpen;
  }

  allowNamespaceOperation(namespace: string, operation: string): boolean {
    if (this.#isOpen) return true;
    // The pattern `*` matches the name `*` too, but its rights are part of the union.
    if (namespace === '*') return this.#anyNamespace.has(operation);
    return this.content.namespaces.allows(namespace, operation);
  }

  allowNamespaceOperationAnyOf(namespace: string, operations: readonly string[]): boolean {
    return this.#isOpen || operations.some((operation) => this.allowNamespaceOperation(namespace, operation));
  }

  allowNamespace(namespace: string): boolean {
    if (this.#isOpen) return true;
    return namespace === '*' ? this.#hasUsableNamespace : this.content.namespaces.allowsAnything(namespace);
  }

  allowNodePoolOperation(pool: string, operation: string): boolean {
    return this.#isOpen || this.content.nodePools.allows(pool, operation);
  }

  allowNodePool(pool: string): boolean {
    return this.#isOpen || this.content.nodePools.allowsAnything(pool);
  }

  allowNodePoolSearch(): boolean {
    return this.#isOpen || this.#hasUndeniedPool;
  }

  allowHostVolumeOperation(volume: string, operation: string): boolean {
    return this.#isOpen || this.content.hostVolumes.allows(volume, operation);
  }

  allowHostVolume(volume: string): boolean {
    return this.#isOpen || this.content.hostVolumes.allowsAnything(volume);
  }

  allowVariableOperation(namespace: string, path: string, operation: string, claim?: WorkloadClaim): boolean {
    if (this.#isOpen) return true;
    const { variables } = this.content;
    const label = variableLabel(namespace, path);
    const exact = variables.selectExact(label);
    if (exact !== undefined) return exact.capabilities.has(operation);
    if (claim !== undefined && isOwnVariable(claim, namespace, path)) return IMPLICIT_VARIABLE_ACCESS.has(operation);
    return variables.selectGlob(label)?.capabilities.has(operation) === true;
  }

  allowVariableSearch(namespace: string): boolean {
    if (this.#isOpen) return true;
    const labels = this.#variableLabels;
    if (namespace === '*') return labels.length > 0;
    // Nomad: only the first letters of a rule's label count, so a rule for ns10 allows searching ns1, and one for * does not.
    return labels[lowerBound(labels, namespace)]?.startsWith(namespace) === true;
  }

  allowAgentRead(): boolean {
    return this.#isOpen || reads(this.content.agent);
  }

  allowAgentWrite(): boolean {
    return this.#isOpen || this.content.agent === 'write';
  }

  allowAgentDebug(enableDebug: boolean): boolean {
    return this.content.bypass === 'disabled' ? enableDebug : this.allowAgentRead();
  }

  allowNodeRead(): boolean {
    return this.#isOpen || reads(this.content.node) || reads(this.content.server);
  }

  allowNodeWrite(): boolean {
    return this.#isOpen || this.content.node === 'write';
  }

  allowOperatorRead(): boolean {
    return this.#isOpen || reads(this.content.operator);
  }

  allowOperatorWrite(): boolean {
    return this.#isOpen || this.content.operator === 'write';
  }

  allowOperatorOperation(capability: string): boolean {
    // Nomad: the level write wins over a deny in the list.
    return this.allowOperatorWrite() || this.content.operatorCapabilities.has(capability);
  }

  allowSentinelOperation(capability: string): boolean {
    const { bypass, sentinel, server, sentinelCapabilities } = this.content;
    // Nomad: there is no Sentinel to use while ACLs are off.
    if (this.#isOpen) return bypass === 'management';
    return sentinel === 'write' || server === 'write' || sentinelCapabilities.has(capability);
  }

  allowQuotaRead(): boolean {
    return this.#isOpen || reads(this.content.quota);
  }

  allowQuotaWrite(): boolean {
    return this.#isOpen || this.content.quota === 'write';
  }

  allowPluginRead(): boolean {
    // Nomad: the level write grants nothing.
    return this.#isOpen || this.content.plugin === 'read';
  }

  allowPluginList(): boolean {
    return this.#isOpen || this.content.plugin === 'list' || this.content.plugin === 'read';
  }

  allowServiceRead(namespace: string, isWorkload: boolean): boolean {
    return isWorkload || this.allowNamespaceOperation(namespace, 'read-job');
  }

  allowServerOperation(): boolean {
    // Nomad: any level but deny will do, none included; compiled policies have deny.
    return this.content.server !== 'deny';
  }

  allowClientOperation(pool: string): boolean {
    const { bypass, client, clientPool } = this.content;
    if (pool === '') return false;
    if (bypass === 'disabled') return true;
    return client !== 'deny' && (pool === clientPool || pool === 'all');
  }
}

/** Few sets are different, however many rules there are. */
function unionOf(sets: ReadonlySet<ReadonlySet<string>>): ReadonlySet<string> {
  const union = new Set<string>();
  for (const set of sets) {
    for (const word of set) union.add(word);
  }
  return union;
}

function isOwnVariable(claim: WorkloadClaim, namespace: string, path: string): boolean {
  if (claim.namespace !== namespace || !path.startsWith('nomad/jobs')) return false;
  const job = `nomad/jobs/${claim.jobId}`;
  return (
    path === 'nomad/jobs' ||
    path === job ||
    path === `${job}/${claim.group}` ||
    path === `${job}/${claim.group}/${claim.task}`
  );
}

/** Index of the first of sorted texts that is not below `text`. */
function lowerBound(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
