import { ClientRuntime } from '@steppe/client/di';
import { AgentConfig } from '@steppe/config/di';
import { GossipPoolOptions, MemberGuard, Membership } from '@steppe/gossip/di';
import { JoinKeeper, serverTags } from '@steppe/gossip';
import { NodeKeys, ReverseSessions, RpcClient, RpcContribution, RpcServerOptions } from '@steppe/rpc/di';
import { Clock, Logger, Random, Startable } from '@steppe/runtime/di';
import { ALLOCATIONS, NODES } from '@steppe/state';
import { Leadership, SingleServerOptions, StateOptions, StateStore } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import { join } from 'node:path';
import { RPC_HOLD_MS } from '../cluster/cluster-view.js';
import { awaitLeader } from '../cluster/leader-wait.js';
import { LocalClusterView } from '../cluster/local-cluster-view.js';
import { ServerPeers } from '../cluster/server-peers.js';
import { StateReads } from '../cluster/state-reads.js';
import { LeaderCheck } from '../health/built-in-checks.js';
import { memberName } from '../identity/agent-identity.js';
import { memberGuard } from '../membership/member-guard.js';
import { isEmbedded, stateSettings } from '../state/state-settings.js';
import { gossipTiming, joinSettings } from '../membership/gossip-settings.js';
import { BUILD } from '../identity/build.js';
import { serverFolder } from '../identity/create-identity.js';
import { FatalErrors } from '../lifecycle/fatal-errors.js';
import { AllocReports } from '../nodes/alloc-reports.js';
import { NodeAllocations } from '../nodes/node-allocations.js';
import { NodeAvailability } from '../nodes/node-availability.js';
import { NodeDrainer } from '../nodes/node-drainer.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { RelayEntrance } from '../relay/relay-entrance.js';
import { ClusterEndpoints } from '../rpc/cluster-endpoints.js';
import { RegisteredNodeKeys } from '../rpc/registered-node-keys.js';
import { NodeConnections } from '../rpc/node-connections.js';
import { GossipStats, ServerStats, StateStats } from '../stats/built-in-sections.js';
import { ServerTargets } from '../targets/server-targets.js';
import { WorkloadTokens } from '../workload/workload-tokens.js';
import { maybe } from './injection.js';
import { AgentAddresses, AgentIdentity, ClusterView, HealthCheck, StatsSection, TargetResolver } from './tokens.js';

/** What the server role adds to an agent. */
export const serverRoleModule = new ContainerModule(({ bind }) => {
  bind(RpcServerOptions).toResolvedValue(
    (config: AgentConfig, addresses: AgentAddresses) => ({
      host: config.addresses.rpc,
      port: config.ports.rpc,
      maxSessionsPerAddress: config.limits.rpcMaxConnsPerClient,
      handshakeTimeoutMs: config.limits.rpcHandshakeTimeoutMs,
      keepAliveIntervalMs: config.rpc.keepAliveIntervalMs,
      keepAliveTimeoutMs: config.rpc.connectionWriteTimeoutMs,
      onListening: (port: number) => addresses.rpcBound(port),
    }),
    [AgentConfig, AgentAddresses],
  );
  bind(NodeKeys).toResolvedValue((state: StateStore) => new RegisteredNodeKeys(state), [StateStore]);
  bind(GossipPoolOptions).toResolvedValue(
    (config: AgentConfig, identity: AgentIdentity, addresses: AgentAddresses) => {
      const { server, ports } = config;
      const folder = serverFolder(config);
      return {
        name: memberName(identity),
        host: config.addresses.serf,
        port: ports.serf,
        advertiseHost: addresses.gossipHost,
        tags: () =>
          serverTags({
            id: identity.serverId ?? '',
            region: identity.region,
            datacenter: identity.datacenter,
            build: BUILD.fullVersion,
            rpcAddress: addresses.rpcHost,
            rpcPort: addresses.rpcPort,
            bootstrapExpect: server.bootstrapExpect,
          }),
        timing: gossipTiming(server.gossipProfile),
        rejoinAfterLeave: server.rejoinAfterLeave,
        ...(server.encrypt.isEmpty ? {} : { encryptKey: server.encrypt }),
        ...(folder === undefined
          ? {}
          : { keyringFile: join(folder, 'serf.keyring'), snapshotFile: join(folder, 'serf', 'snapshot') }),
      };
    },
    [AgentConfig, AgentIdentity, AgentAddresses],
  );
  bind(MemberGuard).toResolvedValue(
    (config: AgentConfig, identity: AgentIdentity) =>
      memberGuard({
        ownName: memberName(identity),
        region: identity.region,
        open: config.server.openGossipPool,
        embedded: isEmbedded(config),
      }),
    [AgentConfig, AgentIdentity],
  );
  bind(JoinKeeper).toResolvedValue(
    (
      { server }: AgentConfig,
      membership: Membership,
      fatal: FatalErrors,
      clock: Clock,
      random: Random,
      logger: Logger,
    ) =>
      new JoinKeeper(joinSettings(server), {
        membership,
        clock,
        random,
        logger: logger.named('agent.joiner'),
        onExhausted: (error) => fatal.report(error),
      }),
    [AgentConfig, Membership, FatalErrors, Clock, Random, Logger],
  );
  bind(Startable).toService(JoinKeeper);
  bind(SingleServerOptions).toResolvedValue(
    (config: AgentConfig, identity: AgentIdentity, addresses: AgentAddresses) => ({
      serverId: identity.serverId ?? '',
      rpcAddress: () => addresses.peer,
      bootstrapExpect: config.server.bootstrapExpect,
    }),
    [AgentConfig, AgentIdentity, AgentAddresses],
  );
  bind(StateOptions).toResolvedValue((config: AgentConfig) => stateSettings(config), [AgentConfig]);
  bind(NodeRegistry).toResolvedValue(
    (
      config: AgentConfig,
      identity: AgentIdentity,
      addresses: AgentAddresses,
      peers: ServerPeers,
      state: StateStore,
      leadership: Leadership,
      clock: Clock,
      random: Random,
      logger: Logger,
    ) => {
      const { minHeartbeatTtlMs, maxHeartbeatsPerSecond, heartbeatGraceMs, failoverHeartbeatTtlMs } = config.server;
      return new NodeRegistry(
        { minHeartbeatTtlMs, maxHeartbeatsPerSecond, heartbeatGraceMs, failoverHeartbeatTtlMs },
        {
          state,
          leadership,
          servers: () => [addresses.rpc, ...peers.alive(identity.region).map(({ clientAddress }) => clientAddress)],
          clock,
          random,
          logger: logger.named('nomad'),
        },
      );
    },
    [AgentConfig, AgentIdentity, AgentAddresses, ServerPeers, StateStore, Leadership, Clock, Random, Logger],
  );
  bind(Startable).toService(NodeRegistry);
  bind(NodeAllocations).toResolvedValue(
    (state: StateStore, clock: Clock, tokens: WorkloadTokens) => new NodeAllocations({ state, clock, tokens }),
    [StateStore, Clock, WorkloadTokens],
  );
  bind(AllocReports).toResolvedValue(
    (state: StateStore, clock: Clock, random: Random) => new AllocReports({ state, clock, random }),
    [StateStore, Clock, Random],
  );
  bind(NodeAvailability).toResolvedValue(
    (state: StateStore, clock: Clock, random: Random) => new NodeAvailability({ state, clock, random }),
    [StateStore, Clock, Random],
  );
  bind(NodeDrainer).toResolvedValue(
    (
      state: StateStore,
      leadership: Leadership,
      availability: NodeAvailability,
      clock: Clock,
      random: Random,
      logger: Logger,
    ) => new NodeDrainer({ state, leadership, availability, clock, random, logger: logger.named('nomad') }),
    [StateStore, Leadership, NodeAvailability, Clock, Random, Logger],
  );
  bind(Startable).toService(NodeDrainer);
  bind(StateReads).toResolvedValue(
    (leadership: Leadership, state: StateStore, clock: Clock, random: Random) =>
      new StateReads({ leadership, state, clock, random }),
    [Leadership, StateStore, Clock, Random],
  );
  bind(LocalClusterView).toResolvedValue(
    (
      identity: AgentIdentity,
      membership: Membership,
      leadership: Leadership,
      state: StateStore,
      reads: StateReads,
      clock: Clock,
    ) => new LocalClusterView({ identity, membership, leadership, state, reads, clock }),
    [AgentIdentity, Membership, Leadership, StateStore, StateReads, Clock],
  );
  bind(ClusterView).toService(LocalClusterView);
  bind(ServerPeers).toResolvedValue(
    (identity: AgentIdentity, membership: Membership) => new ServerPeers({ ownName: memberName(identity), membership }),
    [AgentIdentity, Membership],
  );
  bind(NodeConnections).toResolvedValue(
    (identity: AgentIdentity, sessions: ReverseSessions, peers: ServerPeers, rpc: RpcClient, logger: Logger) =>
      new NodeConnections({ region: identity.region, sessions, peers, rpc, logger: logger.named('nomad') }),
    [AgentIdentity, ReverseSessions, ServerPeers, RpcClient, Logger],
  );
  bind(TargetResolver).toResolvedValue(
    (
      identity: AgentIdentity,
      client: ClientRuntime | undefined,
      peers: ServerPeers,
      connections: NodeConnections,
      leadership: Leadership,
      state: StateStore,
      clock: Clock,
      random: Random,
    ) =>
      new ServerTargets({
        identity,
        localNodeId: () => client?.nodeId,
        peers,
        connections,
        leaderId: () => leadership.leader()?.id,
        leader: () => awaitLeader(leadership, { clock, timeoutMs: RPC_HOLD_MS }),
        node: (id) => state.snapshot().get(NODES, id),
        nodeOfAllocation: (id) => state.snapshot().get(ALLOCATIONS, id)?.nodeId,
        random,
      }),
    [AgentIdentity, maybe(ClientRuntime), ServerPeers, NodeConnections, Leadership, StateStore, Clock, Random],
  );
  bind(ClusterEndpoints).toResolvedValue(
    (
      identity: AgentIdentity,
      nodes: NodeRegistry,
      allocations: NodeAllocations,
      reports: AllocReports,
      leadership: Leadership,
      rpc: RpcClient,
      connections: NodeConnections,
      clock: Clock,
    ) =>
      new ClusterEndpoints({
        serverId: identity.serverId ?? '',
        nodes,
        allocations,
        reports,
        leadership,
        rpc,
        connections,
        clock,
      }),
    [AgentIdentity, NodeRegistry, NodeAllocations, AllocReports, Leadership, RpcClient, NodeConnections, Clock],
  );
  bind(RpcContribution).toService(ClusterEndpoints);
  bind(RpcContribution).toService(RelayEntrance);
  bind(LeaderCheck).toResolvedValue((leadership: Leadership) => new LeaderCheck(leadership), [Leadership]);
  bind(HealthCheck).toService(LeaderCheck);
  bind(ServerStats).toResolvedValue(
    (config: AgentConfig, leadership: Leadership, view: LocalClusterView) =>
      new ServerStats(
        { bootstrapExpect: config.server.bootstrapExpect },
        { leadership, regions: () => view.knownRegions().length },
      ),
    [AgentConfig, Leadership, LocalClusterView],
  );
  bind(StateStats).toResolvedValue(
    (state: StateStore, leadership: Leadership) => new StateStats({ state, leadership }),
    [StateStore, Leadership],
  );
  bind(GossipStats).toResolvedValue((membership: Membership) => new GossipStats(membership), [Membership]);
  for (const section of [ServerStats, StateStats, GossipStats]) bind(StatsSection).toService(section);
});
