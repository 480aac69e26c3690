import { Secret } from '@steppe/domain';
import type { RpcCallContext, RpcContribution, RpcEndpoint, RpcMethod } from '@steppe/rpc';
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
      endpoint(StatusPing, async () => ({ pong: true })),
      endpoint(StatusMembers, async (request, context) => view.members(await guarded(request, context))),
      endpoint(StatusLeader, (request, context) => view.leader(readOptions(request, context))),
      endpoint(StatusPeers, (request, context) => view.peers(readOptions(request, context))),
      endpoint(RegionList, (request, context) => view.regions(readOptions(request, context))),
      endpoint(NodeList, async (request, context) => view.nodes(blocking(request, await guarded(request, context)))),
      endpoint(NodeGet, async (request, context) => {
        const { value, ...read } = await view.node(request.nodeId, blocking(request, await guarded(request, context)));
        return value === undefined ? read : { ...read, value };
      }),
      endpoint(NodeRegister, async ({ node, secretId }) => nodes.register(node, new Secret(secretId))),
      endpoint(NodeUpdateStatus, async ({ nodeId, status }) => nodes.updateStatus(nodeId, status)),
    ];
  }
}

function endpoint<Request, Reply>(
  method: RpcMethod<Request, Reply>,
  handle: (request: Request, context: RpcCallContext) => Promise<Reply>,
): RpcEndpoint {
  return { method, handle };
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
