/**
 * Typed calls between agents over HTTP/2, in both directions of a connection.
 * @packageDocumentation
 */
export { defineRpcMethod, defineRpcStream } from './method/rpc-method.js';
export type { PeerRole, RpcItemKind, RpcMethod, RpcMethodOptions, RpcStream } from './method/rpc-method.js';
export { rpcEndpoint, rpcStreamEndpoint } from './method/rpc-endpoint.js';
export type {
  RpcCallContext,
  RpcContribution,
  RpcEndpoint,
  RpcStreamEndpoint,
  RpcUnaryEndpoint,
} from './method/rpc-endpoint.js';

export type { RpcAuthentication, RpcIdentity, RpcPeerIdentity } from './handshake/peer-identity.js';
export { nodeKeyOf } from './handshake/node-proof.js';
export type { NodeKeys } from './handshake/node-proof.js';
export type { RpcSecurity, RpcTls } from './handshake/security.js';

export { RpcServer } from './server/rpc-server.js';
export type { RpcServerDeps, RpcServerOptions } from './server/rpc-server.js';
export { ReverseSessionTable } from './server/reverse-sessions.js';
export type { ReverseSession, ReverseSessionChange, ReverseSessions } from './server/reverse-sessions.js';

export { Http2RpcClient } from './client/rpc-client.js';
export type {
  RpcAddressOptions,
  RpcStreamAddressOptions,
  RpcClient,
  RpcClientDeps,
  RpcClientOptions,
} from './client/rpc-client.js';
export { ReverseLink } from './client/reverse-link.js';
export type { ReverseLinkDeps, ReverseLinkOptions, ReverseNode } from './client/reverse-link.js';
export type { RpcCaller, RpcCallOptions, RpcStreamCallOptions } from './session/call-session.js';
export type { RpcSessionOptions } from './options.js';

export { MAX_MESSAGE_BYTES } from './wire/frame.js';
export type { RefusalReason, RemoteErrorDetail, RpcError, RpcErrorCode, RpcErrorDetail } from './errors.js';
export { RPC_METRICS } from './metrics.js';
