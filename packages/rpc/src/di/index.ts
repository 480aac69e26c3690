export { reverseLinkModule, rpcClientModule, rpcServerModule } from './module.js';
export {
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
