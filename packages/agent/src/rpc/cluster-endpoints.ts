import { Secret } from '@steppe/domain';
import type { RpcCallContext, RpcContribution, RpcEndpoint } from '@steppe/rpc';
import { rpcEndpoint } from '@steppe/rpc';
import type { ClusterView } from '../cluster/cluster-view.js';
import type { AclGate } from '../http/acl-gate.js';
import type { AclRule } from '../http/acl-rule.js';
import type { NodeRegistry } from '../nodes/node-registry.js';
import type { BlockingReadRequest, ReadRequest } from './cluster-methods.js';
import {
  NodeGet,
  NodeList,
  NodeRegister,
  NodeUpdateStatus,
  RegionList,
  StatusLeader,
  StatusMembers,
  StatusPeers,
  StatusPing,
} from './cluster-methods.js';

const NODE_READ: AclRule = { requires: ['node:read'], tokenErrors: 'denied' };

/** The server's answers to {@link ReadRequest}s and to its client nodes. */
export class ClusterEndpoints implements RpcContribution {
  readonly endpoints: readonly RpcEndpoint[];

  constructor({
    view,
    gate,
    nodes,
  }: { readonly view: ClusterView; readonly gate: AclGate; readonly nodes: NodeRegistry }) {
    const guarded = async (request: ReadRequest, context: RpcCallContext) => {
      const options = readOptions(request, context);
      await gate.check(NODE_READ, options.token);
      return options;
    };
    this.endpoints = [
      rpcEndpoint(StatusPing, async () => ({ pong: true })),
      rpcEndpoint(StatusMembers, async (request, context) => view.members(await guarded(request, context))),
      rpcEndpoint(StatusLeader, (request, context) => view.leader(readOptions(request, context))),
      rpcEndpoint(StatusPeers, (request, context) => view.peers(readOptions(request, context))),
      rpcEndpoint(RegionList, (request, context) => view.regions(readOptions(request, context))),
      rpcEndpoint(NodeList, async (request, context) => view.nodes(blocking(request, await guarded(request, context)))),
      rpcEndpoint(NodeGet, async (request, context) => {
        const { value, ...read } = await view.node(request.nodeId, blocking(request, await guarded(request, context)));
        return value === undefined ? read : { ...read, value };
      }),
      rpcEndpoint(NodeRegister, async ({ node, secretId }) => nodes.register(node, new Secret(secretId))),
      rpcEndpoint(NodeUpdateStatus, async ({ nodeId, status }) => nodes.updateStatus(nodeId, status)),
    ];
  }
}

const readOptions = ({ authToken, stale }: ReadRequest, { signal }: RpcCallContext) => ({
  token: authToken === null ? undefined : new Secret(authToken),
  stale,
  signal,
});

const blocking = <Options extends object>(
  { minQueryIndex, maxQueryTimeMs }: BlockingReadRequest,
  options: Options,
) => ({
  ...options,
  index: minQueryIndex,
  waitMs: maxQueryTimeMs,
});
