import { expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { noMetrics, silentLogger, SystemClock } from '@steppe/runtime';
import { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime/di';
import { SeededRandom } from '@steppe/testing';
import { Container } from 'inversify';
import { nodeKeyOf } from '../handshake/node-proof.js';
import type { RpcIdentity } from '../handshake/peer-identity.js';
import { rpcEndpoint } from '../method/rpc-endpoint.js';
import { defineRpcMethod } from '../method/rpc-method.js';
import { until } from '../testing/test-agents.js';
import {
  NodeKeys,
  reverseLinkModule,
  ReverseLinkOptions,
  ReverseRpcContribution,
  ReverseSelf,
  ReverseServers,
  ReverseSessions,
  RpcClient,
  rpcClientModule,
  RpcClientOptions,
  RpcContribution,
  RpcSecurity,
  RpcSelf,
  RpcServer,
  rpcServerModule,
  RpcServerOptions,
} from './index.js';

const Ping = defineRpcMethod<null, string>('Test.Ping', { callers: ['server', 'client'] });
const pings = (answer: string) => ({ endpoints: [rpcEndpoint(Ping, async () => answer)] });
const options = { signal: new AbortController().signal };

test('the three modules give an agent that calls, answers and is called back', async () => {
  const container = new Container({ defaultScope: 'Singleton' });
  const secret = new Secret('of the node');
  const self: RpcIdentity = { role: 'server', region: 'global', id: 's' };
  container.bind(Clock).toConstantValue(new SystemClock());
  container.bind(Random).toConstantValue(new SeededRandom(1));
  container.bind(Logger).toConstantValue(silentLogger);
  container.bind(Metrics).toConstantValue(noMetrics);
  container.bind(RpcSelf).toConstantValue(() => self);
  container.bind(ReverseSelf).toConstantValue(() => ({
    identity: { role: 'client', region: 'global', id: 'n' },
    secret,
  }));
  container.bind(NodeKeys).toConstantValue({ keyOf: async () => nodeKeyOf(secret) });
  container.bind(RpcSecurity).toConstantValue({});
  container.bind(RpcClientOptions).toConstantValue({});
  container.bind(ReverseLinkOptions).toConstantValue({});
  container.bind(RpcServerOptions).toConstantValue({ host: '127.0.0.1', port: 0, maxSessionsPerAddress: 0 });
  container.bind(RpcContribution).toConstantValue(pings('server'));
  container.bind(ReverseRpcContribution).toConstantValue(pings('client'));
  container.load(rpcClientModule, rpcServerModule, reverseLinkModule);
  const server = container.get(RpcServer);
  container.bind(ReverseServers).toConstantValue(() => [`127.0.0.1:${server.port}`]);
  const parts = container.getAll(Startable);
  expect(parts.map(({ name }) => name).toSorted()).toEqual(['rpc', 'rpc-client', 'rpc-reverse-link']);

  await server.start();
  for (const part of parts) if (part !== server) await part.start(options);
  await expect(container.get(RpcClient).call(`127.0.0.1:${server.port}`, Ping, null)).resolves.toBe('server');
  const sessions = container.get(ReverseSessions);
  await until(() => sessions.get('n') !== undefined);
  await expect(sessions.get('n')?.call(Ping, null)).resolves.toBe('client');
  for (const part of parts) await part.stop(options);
});
