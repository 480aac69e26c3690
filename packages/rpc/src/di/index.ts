export { rpcClientModule, rpcServerModule } from './module.js';
export { RpcClient, RpcEndpoint, RpcServer, RpcServerOptions } from './tokens.js';
