import type { Node } from '@steppe/domain';
import { isSteppeError } from '@steppe/domain';
import type { RpcClient, RpcMethod } from '@steppe/rpc';
import { apiError } from '../http/api-error.js';
import type { BlockingReadRequest, ReadRequest } from '../rpc/cluster-methods.js';
import { NodeGet, NodeList, RegionList, StatusLeader, StatusMembers, StatusPeers } from '../rpc/cluster-methods.js';
import type { BlockingReadOptions, ClusterView, MembersView, ReadOptions, StateRead } from './cluster-view.js';
import { RPC_HOLD_MS } from './cluster-view.js';

export interface RemoteClusterViewDeps {
  readonly rpc: RpcClient;
  /** RPC addresses of the servers this client knows, best first. */
  readonly servers: () => readonly string[];
}

/** Room for the server's own wait for a leader, and for the way there and back. */
const CALL_MARGIN_MS = RPC_HOLD_MS + 5_000;

/** A client's view: it asks a server, the next one when the first cannot be reached. */
export class RemoteClusterView implements ClusterView {
  readonly #deps: RemoteClusterViewDeps;

  constructor(deps: RemoteClusterViewDeps) {
    this.#deps = deps;
  }

  members(options: ReadOptions): Promise<MembersView> {
    return this.#ask(StatusMembers, readRequest(options), options, 0);
  }

  leader(options: ReadOptions): Promise<string> {
    return this.#ask(StatusLeader, readRequest(options), options, 0);
  }

  peers(options: ReadOptions): Promise<readonly string[]> {
    return this.#ask(StatusPeers, readRequest(options), options, 0);
  }

  regions(options: ReadOptions): Promise<readonly string[]> {
    return this.#ask(RegionList, readRequest(options), options, 0);
  }

  nodes(options: BlockingReadOptions): Promise<StateRead<readonly Node[]>> {
    return this.#ask(NodeList, blockingRequest(options), options, longest(options));
  }

  async node(id: string, options: BlockingReadOptions): Promise<StateRead<Node | undefined>> {
    const request = { ...blockingRequest(options), nodeId: id };
    const read = await this.#ask(NodeGet, request, options, longest(options));
    return { ...read, value: read.value };
  }

  async #ask<Request, Reply>(
    method: RpcMethod<Request, Reply>,
    request: Request,
    { signal }: ReadOptions,
    waitMs: number,
  ): Promise<Reply> {
    let unreachable: unknown;
    for (const server of this.#deps.servers()) {
      try {
        return await this.#deps.rpc.call(server, method, request, { timeoutMs: waitMs + CALL_MARGIN_MS, signal });
      } catch (error) {
        if (!isSteppeError(error, 'RPC_UNREACHABLE') && !isSteppeError(error, 'RPC_PEER_REFUSED')) throw error;
        unreachable = error;
      }
    }
    throw unreachable ?? apiError('NO_SERVERS');
  }
}

const readRequest = ({ token, stale }: ReadOptions): ReadRequest => ({ authToken: token?.reveal() ?? null, stale });

const blockingRequest = (options: BlockingReadOptions): BlockingReadRequest => ({
  ...readRequest(options),
  minQueryIndex: options.index,
  maxQueryTimeMs: options.waitMs,
});

/** The server may wait this long, its jitter included; without an index it does not wait at all. */
const longest = ({ index, waitMs }: BlockingReadOptions): number => (index === 0 ? 0 : (waitMs || 300_000) * (17 / 16));
