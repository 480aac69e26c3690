import {
  AllocLink,
  ClientRuntime,
  ClientRuntimeOptions,
  FingerprintOptions,
  RawExecOptions,
  ServerLink,
} from '@steppe/client/di';
import type { AgentConfig as AgentConfigType } from '@steppe/config';
import { AgentConfig } from '@steppe/config/di';
import { ReverseLinkOptions, ReverseRpcContribution, ReverseSelf, ReverseServers, RpcClient } from '@steppe/rpc/di';
import { ContainerModule } from 'inversify';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RpcAllocLink } from '../cluster/rpc-alloc-link.js';
import { RpcServerLink } from '../cluster/rpc-server-link.js';
import { KnownServersCheck } from '../health/built-in-checks.js';
import { BUILD } from '../identity/build.js';
import { RelayEntrance } from '../relay/relay-entrance.js';
import { ClientStats } from '../stats/built-in-sections.js';
import { AgentAddresses, AgentHost, AgentIdentity, HealthCheck, StatsSection } from './tokens.js';

/** As long as a client hangs on a server that is gone without a word, nobody can reach it: it looks more often. */
const REVERSE_PING_MS = 5_000;

/** What the client role adds to an agent. */
export const clientRoleModule = new ContainerModule(({ bind }) => {
  bind(FingerprintOptions).toResolvedValue(
    (config: AgentConfig) => ({
      cpuTotalCompute: config.client.cpuTotalCompute,
      memoryTotalMb: config.client.memoryTotalMb,
      storageFolder: config.client.allocDir || config.dataDir || tmpdir(),
      networkInterface: config.client.networkInterface,
      networkSpeed: config.client.networkSpeed,
      diskTotalMb: config.client.diskTotalMb,
      diskFreeMb: config.client.diskFreeMb,
      version: BUILD.fullVersion,
    }),
    [AgentConfig],
  );
  bind(ClientRuntimeOptions).toResolvedValue(
    (config: AgentConfig, identity: AgentIdentity, addresses: AgentAddresses, host: AgentHost) => {
      const { client, tls, devMode } = config;
      const stateFolder = clientStateFolder(config);
      return {
        node: {
          name: identity.nodeName,
          datacenter: identity.datacenter,
          nodeClass: client.nodeClass,
          nodePool: client.nodePool,
          meta: client.meta,
          httpAddress: addresses.http,
          tlsEnabled: tls.http,
          reserved: {
            cpuShares: client.reserved.cpu,
            memoryMb: client.reserved.memory,
            diskMb: client.reserved.disk,
            ports: client.reserved.reservedPorts,
          },
          minDynamicPort: client.minDynamicPort,
          maxDynamicPort: client.maxDynamicPort,
        },
        ...(stateFolder === undefined ? {} : { stateFolder }),
        // An agent that is a server too is its own first server.
        seeds: () => [
          ...(identity.roles.server ? [addresses.rpc] : []),
          ...client.servers,
          ...client.serverJoin.retryJoin,
        ],
        devMode,
        ...(client.allocDir === '' ? {} : { allocFolder: client.allocDir }),
        maxKillTimeoutMs: client.maxKillTimeoutMs,
        maxAllocs: client.gcMaxAllocs,
        garbage: {
          intervalMs: client.gcIntervalMs,
          maxDiskPercent: client.gcDiskUsageThreshold,
          maxInodePercent: client.gcInodeUsageThreshold,
        },
        environment: host.environment,
      };
    },
    [AgentConfig, AgentIdentity, AgentAddresses, AgentHost],
  );
  bind(RawExecOptions).toResolvedValue(
    ({ plugin, devMode }: AgentConfig) => ({
      enabled: devMode || isSwitchedOn(plugin.find(({ name }) => name === 'raw_exec')?.config),
    }),
    [AgentConfig],
  );
  bind(AllocLink).toResolvedValue((rpc: RpcClient) => new RpcAllocLink(rpc), [RpcClient]);
  bind(ServerLink).toResolvedValue((rpc: RpcClient) => new RpcServerLink(rpc), [RpcClient]);
  bind(ReverseSelf).toResolvedValue(
    ({ region }: AgentIdentity, client: ClientRuntime) =>
      () => ({ identity: { role: 'client' as const, region, id: client.nodeId }, secret: client.nodeSecret }),
    [AgentIdentity, ClientRuntime],
  );
  bind(ReverseServers).toResolvedValue((client: ClientRuntime) => () => client.servers(), [ClientRuntime]);
  bind(ReverseLinkOptions).toResolvedValue(
    ({ rpc }: AgentConfig) => ({
      dialTimeoutMs: rpc.dialTimeoutMs,
      keepAliveIntervalMs: Math.min(rpc.keepAliveIntervalMs, REVERSE_PING_MS),
      keepAliveTimeoutMs: Math.min(rpc.connectionWriteTimeoutMs, REVERSE_PING_MS),
    }),
    [AgentConfig],
  );
  bind(ReverseRpcContribution).toService(RelayEntrance);

  bind(KnownServersCheck).toResolvedValue((client: ClientRuntime) => new KnownServersCheck(client), [ClientRuntime]);
  bind(HealthCheck).toService(KnownServersCheck);
  bind(ClientStats).toResolvedValue((client: ClientRuntime) => new ClientStats(client), [ClientRuntime]);
  bind(StatsSection).toService(ClientStats);
});

function clientStateFolder({ client, dataDir, devMode }: AgentConfigType): string | undefined {
  if (client.stateDir !== '') return client.stateDir;
  return devMode || dataDir === '' ? undefined : join(dataDir, 'client');
}

/** Nomad: drivers are configured in `plugin` blocks; this one is off unless its block says otherwise. */
const isSwitchedOn = (config: unknown): boolean => {
  const { enabled = false } = (config ?? {}) as { readonly enabled?: unknown };
  return enabled === true || enabled === 'true';
};
