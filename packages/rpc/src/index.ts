/**
 * Typed calls between agents over HTTP/2.
 * @packageDocumentation
 */
export { defineRpcMethod } from './method/rpc-method.js';
export type { RpcAccess, RpcCallContext, RpcContribution, RpcEndpoint, RpcMethod } from './method/rpc-method.js';
export { MAX_MESSAGE_BYTES } from './method/message.js';
export { RpcServer } from './server/rpc-server.js';
export type { RpcServerDeps, RpcServerOptions } from './server/rpc-server.js';
export { Http2RpcClient } from './client/rpc-client.js';
export type { RpcCallOptions, RpcClient, RpcClientOptions } from './client/rpc-client.js';
export type { RpcError, RpcErrorDetail } from './errors.js';
export { RPC_METRICS } from './metrics.js';
