import type { NodeRegistration, SignedIdentity } from '@steppe/domain';
import { defineRpcMethod } from '@steppe/rpc';
import type { AllocReport } from '../nodes/alloc-reports.js';
import type { AllocationIndexes, AssignedAllocation, IdentityQuery } from '../nodes/node-allocations.js';
import type { HeartbeatReply } from '../nodes/node-registry.js';

/** Open to clients, and to servers, which may be clients too. */
const callers = ['server', 'client'] as const;

export const StatusPing = defineRpcMethod<null, { readonly pong: true }>('Status.Ping', { callers });

/** When the node's connection to that server was made, Unix milliseconds; `null` without one. */
export const StatusHasNodeConnection = defineRpcMethod<
  { readonly nodeId: string },
  { readonly establishedMs: number | null }
>('Status.HasNodeConn', { callers: ['server'] });

/** Which node asks, and the proof. */
interface NodeProof {
  readonly nodeId: string;
  readonly secretId: string;
}

/** The calls of client nodes. A server that does not lead passes them on to the one that does. */
export const NodeRegister = defineRpcMethod<
  { readonly node: NodeRegistration; readonly secretId: string },
  HeartbeatReply
>('Node.Register', { callers });
export const NodeUpdateStatus = defineRpcMethod<
  { readonly nodeId: string; readonly secretId: string; readonly status: string },
  HeartbeatReply
>('Node.UpdateStatus', { callers });
export const NodeGetClientAllocs = defineRpcMethod<
  NodeProof & { readonly minIndex: number; readonly maxWaitMs: number },
  AllocationIndexes
>('Node.GetClientAllocs', { callers });
export const AllocGetAllocs = defineRpcMethod<
  NodeProof & { readonly ids: readonly string[]; readonly minIndex: number },
  { readonly allocations: readonly AssignedAllocation[] }
>('Alloc.GetAllocs', { callers });
export const AllocSignIdentities = defineRpcMethod<
  NodeProof & IdentityQuery,
  { readonly identities: readonly SignedIdentity[] }
>('Alloc.SignIdentities', { callers });
export const NodeUpdateAlloc = defineRpcMethod<NodeProof & { readonly reports: readonly AllocReport[] }, null>(
  'Node.UpdateAlloc',
  { callers },
);
