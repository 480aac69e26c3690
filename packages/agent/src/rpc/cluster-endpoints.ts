import { Secret } from '@steppe/domain';
import type { RpcCallContext, RpcClient, RpcContribution, RpcEndpoint, RpcMethod } from '@steppe/rpc';
import { rpcEndpoint } from '@steppe/rpc';
import type { Clock } from '@steppe/runtime';
import type { Leadership } from '@steppe/state';
import { RPC_HOLD_MS } from '../cluster/cluster-view.js';
import { awaitLeader } from '../cluster/leader-wait.js';
import type { NodeRegistry } from '../nodes/node-registry.js';
import { NodeRegister, NodeUpdateStatus, StatusHasNodeConnection, StatusPing } from './cluster-methods.js';
import type { NodeConnections } from './node-connections.js';

export interface ClusterEndpointsDeps {
  readonly serverId: string;
  readonly nodes: NodeRegistry;
  readonly connections: NodeConnections;
  readonly leadership: Leadership;
  readonly rpc: RpcClient;
  readonly clock: Clock;
}

/** What a server answers to other servers and to client nodes, beside requests of the API. */
export class ClusterEndpoints implements RpcContribution {
  readonly endpoints: readonly RpcEndpoint[];

  constructor({ serverId, nodes, connections, leadership, rpc, clock }: ClusterEndpointsDeps) {
    const byLeader =
      <Request, Reply>(method: RpcMethod<Request, Reply>, handle: (request: Request) => Promise<Reply>) =>
      async (request: Request, { peer, signal }: RpcCallContext): Promise<Reply> => {
        // Passed on once: two servers that hold each other for the leader must not play ball.
        const isPassedOn = peer.role === 'server' && peer.id !== serverId;
        if (leadership.isLeader || isPassedOn) return handle(request);
        const leader = await awaitLeader(leadership, { clock, timeoutMs: RPC_HOLD_MS, signal });
        return leader.id === serverId ? handle(request) : rpc.call(leader.rpcAddress, method, request, { signal });
      };
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
        byLeader(NodeUpdateStatus, ({ nodeId, status }) => nodes.updateStatus(nodeId, status)),
      ),
    ];
  }
}
