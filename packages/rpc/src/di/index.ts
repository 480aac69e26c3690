export { reverseLinkModule, rpcClientModule, rpcServerModule } from './module.js';
export {
  NodeKeys,
  ReverseLink,
  ReverseLinkOptions,
  ReverseRpcContribution,
  ReverseSelf,
  ReverseServers,
  ReverseSessions,
  RpcClient,
  RpcClientOptions,
  RpcContribution,
  RpcSecurity,
  RpcSelf,
  RpcServer,
  RpcServerOptions,
} from './tokens.js';
