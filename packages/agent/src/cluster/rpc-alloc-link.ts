import type { Secret, SignedIdentity } from '@steppe/domain';
import type { RpcClient } from '@steppe/rpc';
import type { AllocReport } from '../nodes/alloc-reports.js';
import type { AllocationIndexes, AssignedAllocation, IdentityQuery } from '../nodes/node-allocations.js';
import { AllocGetAllocs, AllocSignIdentities, NodeGetClientAllocs, NodeUpdateAlloc } from '../rpc/cluster-methods.js';

interface NodeProof {
  readonly id: string;
  readonly secret: Secret;
}

interface CallOptions {
  readonly signal: AbortSignal;
}

/** What a call may take beyond the wait that it asks for, milliseconds. */
const ANSWER_MS = 30_000;

/** A client node's way to its allocations: by RPC, also to the server in its own process. */
export class RpcAllocLink {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  clientAllocs(
    server: string,
    node: NodeProof,
    query: { readonly minIndex: number; readonly maxWaitMs: number },
    { signal }: CallOptions,
  ): Promise<AllocationIndexes> {
    const options = { signal, timeoutMs: query.maxWaitMs + ANSWER_MS };
    return this.#rpc.call(server, NodeGetClientAllocs, { ...proof(node), ...query }, options);
  }

  async allocations(
    server: string,
    node: NodeProof,
    query: { readonly ids: readonly string[]; readonly minIndex: number },
    { signal }: CallOptions,
  ): Promise<readonly AssignedAllocation[]> {
    const { allocations } = await this.#rpc.call(server, AllocGetAllocs, { ...proof(node), ...query }, { signal });
    return allocations;
  }

  async signIdentities(
    server: string,
    node: NodeProof,
    query: IdentityQuery,
    { signal }: CallOptions,
  ): Promise<readonly SignedIdentity[]> {
    const { identities } = await this.#rpc.call(server, AllocSignIdentities, { ...proof(node), ...query }, { signal });
    return identities;
  }

  async updateAllocs(
    server: string,
    node: NodeProof,
    reports: readonly AllocReport[],
    { signal }: CallOptions,
  ): Promise<void> {
    await this.#rpc.call(server, NodeUpdateAlloc, { ...proof(node), reports }, { signal });
  }
}

const proof = ({ id, secret }: NodeProof) => ({ nodeId: id, secretId: secret.reveal() });
