import { Secret } from '@steppe/domain';
import type { RpcCallContext, RpcClient, RpcContribution, RpcEndpoint, RpcMethod } from '@steppe/rpc';
import { rpcEndpoint } from '@steppe/rpc';
import type { Clock } from '@steppe/runtime';
import type { Leadership } from '@steppe/state';
import { RPC_HOLD_MS } from '../cluster/cluster-view.js';
import { awaitLeader } from '../cluster/leader-wait.js';
import type { NodeRegistry } from '../nodes/node-registry.js';
import type { AllocReports } from '../nodes/alloc-reports.js';
import type { NodeAllocations, NodeCredentials } from '../nodes/node-allocations.js';
import {
  AllocGetAllocs,
  AllocSignIdentities,
  NodeGetClientAllocs,
  NodeRegister,
  NodeUpdateAlloc,
  NodeUpdateStatus,
  StatusHasNodeConnection,
  StatusPing,
} from './cluster-methods.js';
import type { NodeConnections } from './node-connections.js';

export interface ClusterEndpointsDeps {
  readonly serverId: string;
  readonly nodes: NodeRegistry;
  readonly allocations: NodeAllocations;
  readonly reports: AllocReports;
  readonly connections: NodeConnections;
  readonly leadership: Leadership;
  readonly rpc: RpcClient;
  readonly clock: Clock;
}

/** What a server answers to other servers and to client nodes, beside requests of the API. */
export class ClusterEndpoints implements RpcContribution {
  readonly endpoints: readonly RpcEndpoint[];

  constructor(deps: ClusterEndpointsDeps) {
    const { serverId, nodes, allocations, reports, connections, leadership, rpc, clock } = deps;
    const byLeader =
      <Request, Reply>(
        method: RpcMethod<Request, Reply>,
        handle: (request: Request, context: RpcCallContext) => Promise<Reply>,
      ) =>
      async (request: Request, context: RpcCallContext): Promise<Reply> => {
        const { peer, signal } = context;
        // Passed on once: two servers that hold each other for the leader must not play ball.
        const isPassedOn = peer.role === 'server' && peer.id !== serverId;
        if (leadership.isLeader || isPassedOn) return handle(request, context);
        const leader = await awaitLeader(leadership, { clock, timeoutMs: RPC_HOLD_MS, signal });
        return leader.id === serverId
          ? handle(request, context)
          : rpc.call(leader.rpcAddress, method, request, { signal });
      };
    const ofLeader = byLeader(NodeGetClientAllocs, ({ minIndex, maxWaitMs, ...proof }, { signal }) =>
      allocations.indexes(credentials(proof), { minIndex, maxWaitMs, signal }),
    );
    this.endpoints = [
      rpcEndpoint(StatusPing, async () => ({ pong: true })),
      rpcEndpoint(StatusHasNodeConnection, async ({ nodeId }) => ({
        establishedMs: connections.establishedMs(nodeId) ?? null,
      })),
      rpcEndpoint(
        NodeRegister,
        byLeader(NodeRegister, ({ node, secretId }) => nodes.register(node, new Secret(secretId))),
      ),
      rpcEndpoint(
        NodeUpdateStatus,
        byLeader(NodeUpdateStatus, ({ nodeId, secretId, status }) =>
          nodes.updateStatus(nodeId, new Secret(secretId), status),
        ),
      ),
      rpcEndpoint(NodeGetClientAllocs, (request, context) => {
        const { minIndex, maxWaitMs, ...proof } = request;
        // What a node hears first decides what it keeps: that comes from the leader, not from a server that may lag behind.
        if (minIndex === 0) return ofLeader(request, context);
        return allocations.indexes(credentials(proof), { minIndex, maxWaitMs, signal: context.signal });
      }),
      rpcEndpoint(AllocGetAllocs, async ({ ids, minIndex, ...proof }, { signal }) => ({
        allocations: await allocations.allocations(credentials(proof), { ids, minIndex, signal }),
      })),
      rpcEndpoint(AllocSignIdentities, async ({ allocId, names, minIndex, ...proof }, { signal }) => ({
        identities: await allocations.signIdentities(credentials(proof), { allocId, names, minIndex, signal }),
      })),
      rpcEndpoint(
        NodeUpdateAlloc,
        byLeader(NodeUpdateAlloc, async ({ reports: told, ...proof }) => {
          await reports.report(credentials(proof), told);
          return null;
        }),
      ),
    ];
  }
}

const credentials = ({
  nodeId,
  secretId,
}: {
  readonly nodeId: string;
  readonly secretId: string;
}): NodeCredentials => ({
  id: nodeId,
  secret: new Secret(secretId),
});
