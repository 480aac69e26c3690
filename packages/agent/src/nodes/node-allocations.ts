import type { Allocation, Job, Secret, SignedIdentity } from '@steppe/domain';
import { isTerminalAllocation } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { awaitIndex } from '@steppe/scheduler';
import type { StateReader, StateStore } from '@steppe/state';
import { ALLOCATIONS } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { jobOfAllocation } from '../scheduling/job-rows.js';
import type { WorkloadTokens } from '../workload/workload-tokens.js';
import { demandNodeSecret } from './node-registry.js';

/** Who asks. */
export interface NodeCredentials {
  readonly id: string;
  readonly secret: Secret;
}

/** The allocations of a node by id, each with its `allocModifyIndex`. */
export interface AllocationIndexes {
  readonly index: number;
  readonly allocs: Readonly<Record<string, number>>;
}

/** An allocation and the version of its job that it belongs to. */
export interface AssignedAllocation {
  readonly allocation: Allocation;
  readonly job: Job;
  /** The tokens of its tasks, newly signed. */
  readonly identities: readonly SignedIdentity[];
}

/** Which identities of an allocation are to be signed anew. */
export interface IdentityQuery {
  readonly allocId: string;
  readonly names: readonly Omit<SignedIdentity, 'token'>[];
  readonly minIndex: number;
}

/** Longest wait for news, milliseconds: above it a node asks again. */
const MAX_WAIT_MS = 300_000;
const STATE_TIMEOUT_MS = 5_000;

export interface NodeAllocationsDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  /** Signs who the tasks of an allocation are. */
  readonly tokens: Pick<WorkloadTokens, 'sign'>;
}

/**
 * What client nodes are told of the allocations they have.
 * @see spec "Client side: alloc watch" of scheduling
 */
export class NodeAllocations {
  readonly #state: StateStore;
  readonly #clock: Clock;
  readonly #tokens: NodeAllocationsDeps['tokens'];

  constructor({ state, clock, tokens }: NodeAllocationsDeps) {
    this.#state = state;
    this.#clock = clock;
    this.#tokens = tokens;
  }

  /**
   * Answers once something of the node's allocations is newer than `minIndex`, or one is gone; what nodes themselves report is
   * no news to them.
   * @throws NODE_SECRET_MISMATCH
   */
  async indexes(
    node: NodeCredentials,
    { minIndex, maxWaitMs, signal }: { minIndex: number; maxWaitMs: number; signal: AbortSignal },
  ): Promise<AllocationIndexes> {
    demandNodeSecret(this.#state.snapshot(), node.id, node.secret);
    const deadline = this.#clock.monotonic() + Math.min(maxWaitMs, MAX_WAIT_MS);
    const before = this.#read(node.id);
    for (let now = before; ; now = this.#read(node.id)) {
      const leftMs = deadline - this.#clock.monotonic();
      const isNews = now.newest > minIndex || now.count !== before.count || minIndex === 0;
      if (isNews || leftMs <= 0 || signal.aborted) return { index: now.index, allocs: now.allocs };
      await this.#state.waitBeyond({ table: ALLOCATIONS }, now.index, { timeoutMs: leftMs, signal });
    }
  }

  /** Those of the wanted that are the node's. @throws NODE_SECRET_MISMATCH, STATE_BEHIND, SIGNING_KEY_MISSING */
  async allocations(
    node: NodeCredentials,
    { ids, minIndex, signal }: { ids: readonly string[]; minIndex: number; signal: AbortSignal },
  ): Promise<readonly AssignedAllocation[]> {
    demandNodeSecret(this.#state.snapshot(), node.id, node.secret);
    const options = { timeoutMs: STATE_TIMEOUT_MS, signal, clock: this.#clock };
    await awaitIndex(minIndex, () => this.#state.index, options);
    const snapshot = this.#state.snapshot();
    const assigned = ids.map(async (id): Promise<AssignedAllocation | undefined> => {
      const found = ofNode(snapshot, node.id, id);
      if (found === undefined) return undefined;
      const { allocation, job } = found;
      const identities = isTerminalAllocation(allocation) ? [] : await this.#tokens.sign(allocation, job);
      return { allocation, job, identities };
    });
    return (await Promise.all(assigned)).filter((each) => each !== undefined);
  }

  /**
   * New tokens of those of the named identities that the allocation has.
   * @throws NODE_SECRET_MISMATCH, STATE_BEHIND, SIGNING_KEY_MISSING, SIGNING_REFUSED
   */
  async signIdentities(
    node: NodeCredentials,
    { allocId, names, minIndex, signal }: IdentityQuery & { readonly signal: AbortSignal },
  ): Promise<readonly SignedIdentity[]> {
    demandNodeSecret(this.#state.snapshot(), node.id, node.secret);
    const options = { timeoutMs: STATE_TIMEOUT_MS, signal, clock: this.#clock };
    await awaitIndex(minIndex, () => this.#state.index, options);
    const found = ofNode(this.#state.snapshot(), node.id, allocId);
    // Whether another node has it is nobody's business.
    if (found === undefined) throw apiError('SIGNING_REFUSED', allocId, 'this node does not have it');
    const { allocation, job } = found;
    if (isTerminalAllocation(allocation)) throw apiError('SIGNING_REFUSED', allocId, 'it is terminal');
    return this.#tokens.sign(allocation, job, (task, identity) =>
      names.some((name) => name.task === task && name.identity === identity),
    );
  }

  #read(nodeId: string): AllocationIndexes & { readonly newest: number; readonly count: number } {
    const snapshot = this.#state.snapshot();
    const allocs: Record<string, number> = {};
    let newest = 0;
    let count = 0;
    for (const { id, allocModifyIndex } of snapshot.find(ALLOCATIONS, 'node', nodeId)) {
      allocs[id] = allocModifyIndex;
      newest = Math.max(newest, allocModifyIndex);
      count += 1;
    }
    return { index: snapshot.tableIndex(ALLOCATIONS), allocs, newest, count };
  }
}

/** An allocation of a node, and its job; without that there is nothing to run any more. */
function ofNode(
  reader: StateReader,
  nodeId: string,
  id: string,
): { readonly allocation: Allocation; readonly job: Job } | undefined {
  const allocation = reader.get(ALLOCATIONS, id);
  if (allocation === undefined || allocation.nodeId !== nodeId) return undefined;
  const job = jobOfAllocation(reader, allocation);
  return job === undefined ? undefined : { allocation, job };
}
