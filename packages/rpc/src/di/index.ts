export { rpcClientModule, rpcServerModule } from './module.js';
export { RpcClient, RpcContribution, RpcServer, RpcServerOptions } from './tokens.js';
