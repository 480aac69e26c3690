import type { Node, NodeRegistration } from '@steppe/domain';
import { defineRpcMethod } from '@steppe/rpc';
import type { MembersView, StateRead } from '../cluster/cluster-view.js';
import type { HeartbeatReply } from '../nodes/node-registry.js';

/** A read on behalf of somebody: the credential travels and is checked where the answer is. */
export interface ReadRequest {
  /** `null` for an anonymous caller. */
  readonly authToken: string | null;
  readonly stale: boolean;
}

export interface BlockingReadRequest extends ReadRequest {
  readonly minQueryIndex: number;
  readonly maxQueryTimeMs: number;
}

/** Open to clients, and to servers, which may be clients too. */
const callers = ['server', 'client'] as const;

/** The calls a client agent makes to a server. */
export const StatusPing = defineRpcMethod<null, { readonly pong: true }>('Status.Ping', { callers });
export const StatusMembers = defineRpcMethod<ReadRequest, MembersView>('Status.Members', { callers });
export const StatusLeader = defineRpcMethod<ReadRequest, string>('Status.Leader', { callers });
export const StatusPeers = defineRpcMethod<ReadRequest, readonly string[]>('Status.Peers', { callers });
export const RegionList = defineRpcMethod<ReadRequest, readonly string[]>('Region.List', { callers });
export const NodeList = defineRpcMethod<BlockingReadRequest, StateRead<readonly Node[]>>('Node.List', { callers });
export const NodeGet = defineRpcMethod<
  BlockingReadRequest & { readonly nodeId: string },
  Omit<StateRead<Node>, 'value'> & { readonly value?: Node }
>('Node.GetNode', { callers });
export const NodeRegister = defineRpcMethod<
  { readonly node: NodeRegistration; readonly secretId: string },
  HeartbeatReply
>('Node.Register', { callers });
export const NodeUpdateStatus = defineRpcMethod<{ readonly nodeId: string; readonly status: string }, HeartbeatReply>(
  'Node.UpdateStatus',
  { callers },
);
