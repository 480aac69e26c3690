import { Clock, Logger, Metrics, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { Http2RpcClient } from '../client/rpc-client.js';
import { RpcServer as RpcServerImpl } from '../server/rpc-server.js';
import { RpcClient, RpcContribution, RpcServer, RpcServerOptions } from './tokens.js';

/** Binds `RpcClient`: calls to other agents. */
export const rpcClientModule = new ContainerModule(({ bind }) => {
  bind(Http2RpcClient)
    .toResolvedValue((clock: Clock) => new Http2RpcClient({}, { clock }), [Clock])
    .inSingletonScope();
  bind(RpcClient).toService(Http2RpcClient);
  bind(Startable).toService(Http2RpcClient);
});

/** Binds the RPC listener over every contributed endpoint; the assembly binds `RpcServerOptions`. */
export const rpcServerModule = new ContainerModule(({ bind }) => {
  bind(RpcServer)
    .toResolvedValue(
      (options: RpcServerOptions, contributions: RpcContribution[], logger: Logger, metrics: Metrics) =>
        new RpcServerImpl(options, {
          endpoints: contributions.flatMap(({ endpoints }) => endpoints),
          logger: logger.named('nomad.rpc'),
          metrics,
        }),
      [RpcServerOptions, { serviceIdentifier: RpcContribution, isMultiple: true }, Logger, Metrics],
    )
    .inSingletonScope();
  bind(Startable).toService(RpcServer);
});
