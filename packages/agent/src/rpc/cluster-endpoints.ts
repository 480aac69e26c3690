import { Secret } from '@steppe/domain';
import type { RpcCallContext, RpcClient, RpcContribution, RpcEndpoint, RpcMethod } from '@steppe/rpc';
import { rpcEndpoint } from '@steppe/rpc';
import type { Leadership } from '@steppe/state';
import type { NodeRegistry } from '../nodes/node-registry.js';
import { NodeRegister, NodeUpdateStatus, StatusHasNodeConnection, StatusPing } from './cluster-methods.js';
import type { NodeConnections } from './node-connections.js';

export interface ClusterEndpointsDeps {
  readonly serverId: string;
  readonly nodes: NodeRegistry;
  readonly connections: NodeConnections;
  readonly leadership: Leadership;
  readonly rpc: RpcClient;
}

/** What a server answers to other servers and to client nodes, beside requests of the API. */
export class ClusterEndpoints implements RpcContribution {
  readonly endpoints: readonly RpcEndpoint[];

  constructor({ serverId, nodes, connections, leadership, rpc }: ClusterEndpointsDeps) {
    const byLeader =
      <Request, Reply>(method: RpcMethod<Request, Reply>, handle: (request: Request) => Promise<Reply>) =>
      (request: Request, { peer, signal }: RpcCallContext): Promise<Reply> => {
        const leader = leadership.isLeader ? undefined : leadership.leader();
        // Passed on once: two servers that hold each other for the leader must not play ball.
        const isPassedOn = peer.role === 'server' && peer.id !== serverId;
        if (leader === undefined || isPassedOn) return handle(request);
        return rpc.call(leader.rpcAddress, method, request, { signal });
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
