import type { Allocation, ClientStatus, Job, Secret, SignedIdentity, TaskState } from '@steppe/domain';
import type { ServerCallOptions } from './server-link.js';

/** An allocation as its node gets it: with the version of its job it belongs to. */
export interface ClientAllocation {
  readonly allocation: Allocation;
  readonly job: Job;
  /** The tokens of its tasks, newly signed. */
  readonly identities: readonly SignedIdentity[];
}

/** How an allocation is doing, for the servers. */
export interface AllocReport {
  readonly id: string;
  readonly clientStatus: ClientStatus;
  readonly clientDescription: string;
  readonly taskStates: Readonly<Record<string, TaskState>>;
}

/** Who a node says it is, and the proof. */
interface NodeProof {
  readonly id: string;
  readonly secret: Secret;
}

/**
 * Port: what a node asks servers of its allocations, provided by the assembly. As with {@link ServerLink}, every call must
 * settle, and messages are the server's own.
 */
export interface AllocLink {
  /**
   * `allocModifyIndex` of every allocation of the node, once something is newer than `minIndex` or one is gone, or `maxWaitMs`
   * is over. `minIndex` 0: at once, from the leader.
   */
  clientAllocs(
    server: string,
    node: NodeProof,
    query: { readonly minIndex: number; readonly maxWaitMs: number },
    options: ServerCallOptions,
  ): Promise<{ readonly index: number; readonly allocs: Readonly<Record<string, number>> }>;
  /** Those of the wanted that exist and belong to the node, from a state of at least `minIndex`. */
  allocations(
    server: string,
    node: NodeProof,
    query: { readonly ids: readonly string[]; readonly minIndex: number },
    options: ServerCallOptions,
  ): Promise<readonly ClientAllocation[]>;
  /**
   * Newly signed tokens of those of the named identities that an allocation of the node has, from a state of at least `minIndex`.
   * Rejects when the allocation is not the node's, or is over.
   */
  signIdentities(
    server: string,
    node: NodeProof,
    query: {
      readonly allocId: string;
      readonly names: readonly Omit<SignedIdentity, 'token'>[];
      readonly minIndex: number;
    },
    options: ServerCallOptions,
  ): Promise<readonly SignedIdentity[]>;
  /** Tells how allocations are doing. */
  updateAllocs(
    server: string,
    node: NodeProof,
    reports: readonly AllocReport[],
    options: ServerCallOptions,
  ): Promise<void>;
}
