import { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { ReverseLink as ReverseLinkImpl } from '../client/reverse-link.js';
import { Http2RpcClient } from '../client/rpc-client.js';
import { ReverseSessionTable } from '../server/reverse-sessions.js';
import { RpcServer as RpcServerImpl } from '../server/rpc-server.js';
import {
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

/** Binds `RpcClient`: calls to servers. The assembly binds `RpcSelf`, `RpcSecurity` and `RpcClientOptions`. */
export const rpcClientModule = new ContainerModule(({ bind }) => {
  bind(Http2RpcClient)
    .toResolvedValue(
      (
        options: RpcClientOptions,
        self: RpcSelf,
        security: RpcSecurity,
        clock: Clock,
        random: Random,
        logger: Logger,
        metrics: Metrics,
      ) => new Http2RpcClient(options, { self, security, clock, random, logger: logger.named('nomad.rpc'), metrics }),
      [RpcClientOptions, RpcSelf, RpcSecurity, Clock, Random, Logger, Metrics],
    )
    .inSingletonScope();
  bind(RpcClient).toService(Http2RpcClient);
  bind(Startable).toService(Http2RpcClient);
});

/**
 * Binds the RPC listener over every contributed endpoint, and the sessions on which client agents can be called. The
 * assembly binds `RpcServerOptions`, `RpcSelf`, `RpcSecurity` and `NodeKeys`.
 */
export const rpcServerModule = new ContainerModule(({ bind }) => {
  bind(RpcServer)
    .toResolvedValue(
      (
        options: RpcServerOptions,
        contributions: RpcContribution[],
        self: RpcSelf,
        security: RpcSecurity,
        nodeKeys: NodeKeys,
        clock: Clock,
        logger: Logger,
        metrics: Metrics,
        reverseSessions: ReverseSessionTable,
      ) =>
        new RpcServerImpl(options, {
          endpoints: contributions.flatMap(({ endpoints }) => endpoints),
          reverseSessions,
          self,
          security,
          nodeKeys,
          clock,
          logger: logger.named('nomad.rpc'),
          metrics,
        }),
      [
        RpcServerOptions,
        { serviceIdentifier: RpcContribution, isMultiple: true },
        RpcSelf,
        RpcSecurity,
        NodeKeys,
        Clock,
        Logger,
        Metrics,
        ReverseSessionTable,
      ],
    )
    .inSingletonScope();
  // Apart from the listener: its endpoints may want to know who is connected.
  bind(ReverseSessionTable)
    .toResolvedValue(() => new ReverseSessionTable(), [])
    .inSingletonScope();
  bind(ReverseSessions).toService(ReverseSessionTable);
  bind(Startable).toService(RpcServer);
});

/**
 * Binds the connection on which a server calls a client agent. The assembly binds `ReverseSelf`, `ReverseServers`,
 * `RpcSecurity` and `ReverseLinkOptions`.
 */
export const reverseLinkModule = new ContainerModule(({ bind }) => {
  bind(ReverseLink)
    .toResolvedValue(
      (
        options: ReverseLinkOptions,
        contributions: ReverseRpcContribution[],
        self: ReverseSelf,
        servers: ReverseServers,
        security: RpcSecurity,
        clock: Clock,
        random: Random,
        logger: Logger,
        metrics: Metrics,
      ) =>
        new ReverseLinkImpl(options, {
          endpoints: contributions.flatMap(({ endpoints }) => endpoints),
          self,
          servers,
          security,
          clock,
          random,
          logger: logger.named('client.rpc'),
          metrics,
        }),
      [
        ReverseLinkOptions,
        { serviceIdentifier: ReverseRpcContribution, isMultiple: true },
        ReverseSelf,
        ReverseServers,
        RpcSecurity,
        Clock,
        Random,
        Logger,
        Metrics,
      ],
    )
    .inSingletonScope();
  bind(Startable).toService(ReverseLink);
});
