import { CallerWatch } from '@steppe/acl';
import { TokenResolver, TokenResolverOptions } from '@steppe/acl/di';
import { AgentConfig } from '@steppe/config/di';
import { ClientRuntime } from '@steppe/client/di';
import { Membership } from '@steppe/gossip/di';
import { LogExporter, LogHub, LogHubOptions, LogSourceOptions } from '@steppe/log-stream/di';
import { ProcessFacts, Profiler, ProfilerOptions } from '@steppe/profiling/di';
import { ReverseSessions, RpcClient, RpcClientOptions, RpcSecurity, RpcSelf } from '@steppe/rpc/di';
import { Lifecycle, MetricsRegistry, parseLogLevel } from '@steppe/runtime';
import { Clock, Logger, Metrics, MetricsReader, Random, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { AuditLog } from '../audit/audit-log.js';
import { HealthMonitor } from '../health/health-monitor.js';
import { readHostData } from '../host/host-data.js';
import { AclGate } from '../http/acl-gate.js';
import { TableErrorMapper } from '../http/error-mapper.js';
import { HttpApi } from '../http/http-api.js';
import { MountedRoutes } from '../http/mounted-routes.js';
import { AgentAddresses as AgentAddressesImpl } from '../identity/agent-addresses.js';
import { createIdentity } from '../identity/create-identity.js';
import { Agent as AgentImpl } from '../lifecycle/agent.js';
import { FatalErrors } from '../lifecycle/fatal-errors.js';
import { LogOutput } from '../lifecycle/log-output.js';
import { RuntimeGauges } from '../metrics/runtime-gauges.js';
import { ApiRelay } from '../relay/api-relay.js';
import { RelayEntrance } from '../relay/relay-entrance.js';
import { RpcCertificates } from '../rpc/rpc-certificates.js';
import { LogLevelReload } from '../reload/log-level-reload.js';
import { Reloader } from '../reload/reloader.js';
import { DebugPprofRoutes } from '../routes/debug-pprof-routes.js';
import { HealthRoutes } from '../routes/health-routes.js';
import { HostRoutes } from '../routes/host-routes.js';
import { LogLevelRoutes } from '../routes/log-level-routes.js';
import { MetricsRoutes } from '../routes/metrics-routes.js';
import { MonitorRoutes } from '../routes/monitor-routes.js';
import { PprofRoutes } from '../routes/pprof-routes.js';
import { ReloadRoutes } from '../routes/reload-routes.js';
import { SelfRoutes } from '../routes/self-routes.js';
import { UiRoutes } from '../routes/ui-routes.js';
import { RuntimeStats } from '../stats/built-in-sections.js';
import { many, maybe } from './injection.js';
import {
  Agent,
  AgentAddresses,
  AgentHost,
  AgentIdentity,
  DefaultHttpErrorMapper,
  ExpressContribution,
  HealthCheck,
  HttpErrorMapper,
  HttpRouteContribution,
  Reloadable,
  StatsSection,
  TargetResolver,
} from './tokens.js';

/** What every agent has, whatever its roles. The app binds `AgentConfig` and `AgentHost`. */
export const commonModule = new ContainerModule(({ bind, rebind }) => {
  bind(AgentIdentity).toResolvedValue(
    (config: AgentConfig, host: AgentHost, random: Random) =>
      createIdentity(config, { hostName: host.hostName, random }),
    [AgentConfig, AgentHost, Random],
  );

  bind(FatalErrors).toResolvedValue(() => new FatalErrors(), []);

  bind(AgentAddresses).toResolvedValue((config: AgentConfig) => new AgentAddressesImpl(config), [AgentConfig]);

  // Settings of the packages below.
  bind(TokenResolverOptions).toResolvedValue(
    (config: AgentConfig) => ({ aclEnabled: config.acl.enabled }),
    [AgentConfig],
  );
  bind(LogHubOptions).toResolvedValue(
    (config: AgentConfig) => ({
      level: parseLogLevel(config.logLevel) ?? 'info',
      json: config.logJson,
      includeLocation: config.logIncludeLocation,
    }),
    [AgentConfig],
  );
  bind(LogSourceOptions).toResolvedValue(
    (host: AgentHost, output: LogOutput) => ({ platform: host.platform, currentPath: () => output.filePath }),
    [AgentHost, LogOutput],
  );
  bind(ProfilerOptions).toResolvedValue(
    ({ profiling }: AgentConfig, { installFolder = '' }: AgentHost) => ({
      installPrefix: installFolder,
      maxSeconds: profiling.maxDurationMs / 1_000,
      stallThresholdMs: profiling.stallThresholdMs,
      historyMs: profiling.historyMs,
      historyIntervalMs: profiling.historyIntervalMs,
    }),
    [AgentConfig, AgentHost],
  );
  bind(RpcSelf).toResolvedValue(
    ({ roles, region, serverId = '' }: AgentIdentity) =>
      () => ({ role: roles.server ? ('server' as const) : ('client' as const), region, id: serverId }),
    [AgentIdentity],
  );
  bind(RpcCertificates).toResolvedValue((config: AgentConfig) => new RpcCertificates(config), [AgentConfig]);
  bind(Reloadable).toService(RpcCertificates);
  bind(RpcSecurity).toResolvedValue(
    ({ insecure, server }: AgentConfig, certificates: RpcCertificates, membership: Membership | undefined) => ({
      insecure,
      tls: () => certificates.current,
      // A server's keys change with those of the pool; a client agent is told one by its configuration.
      clusterKeys: () => membership?.localKeys() ?? (server.encrypt.isEmpty ? [] : [server.encrypt]),
    }),
    [AgentConfig, RpcCertificates, maybe(Membership)],
  );
  bind(RpcClientOptions).toResolvedValue(
    ({ rpc }: AgentConfig) => ({
      dialTimeoutMs: rpc.dialTimeoutMs,
      keepAliveIntervalMs: rpc.keepAliveIntervalMs,
      keepAliveTimeoutMs: rpc.connectionWriteTimeoutMs,
    }),
    [AgentConfig],
  );
  bind(ProcessFacts).toResolvedValue((host: AgentHost) => host.process, [AgentHost]);
  rebind(MetricsRegistry).toResolvedValue(
    (clock: Clock, config: AgentConfig, host: AgentHost) => {
      const { disableHostname, useNodeName, inMemoryCollectionIntervalMs, inMemoryRetentionPeriodMs } =
        config.telemetry;
      const hostName = useNodeName && config.name !== '' ? config.name : host.hostName;
      const options = {
        prefix: 'nomad',
        gaugePrefix: disableHostname ? '' : hostName,
        intervalMs: inMemoryCollectionIntervalMs,
        retainedIntervals: Math.ceil(inMemoryRetentionPeriodMs / inMemoryCollectionIntervalMs),
      };
      return new MetricsRegistry(options, { clock });
    },
    [Clock, AgentConfig, AgentHost],
  );

  // The agent's own output and measurements.
  bind(LogOutput).toResolvedValue(
    (config: AgentConfig, host: AgentHost, clock: Clock, metrics: Metrics) =>
      new LogOutput(config, { host, clock, metrics }),
    [AgentConfig, AgentHost, Clock, Metrics],
  );
  bind(RuntimeGauges).toResolvedValue(
    (config: AgentConfig, clock: Clock, metrics: Metrics) =>
      new RuntimeGauges({ intervalMs: config.telemetry.collectionIntervalMs }, { clock, metrics }),
    [AgentConfig, Clock, Metrics],
  );
  bind(Startable).toService(RuntimeGauges);

  // The HTTP API.
  bind(DefaultHttpErrorMapper).toResolvedValue(() => new TableErrorMapper(), []);
  bind(HttpErrorMapper).toService(DefaultHttpErrorMapper);
  bind(AclGate).toResolvedValue(
    (config: AgentConfig, resolver: TokenResolver, clock: Clock, logger: Logger) =>
      new AclGate(
        { enableDebug: config.enableDebug },
        { resolver, watch: new CallerWatch({}, { clock, resolver }), logger: logger.named('http') },
      ),
    [AgentConfig, TokenResolver, Clock, Logger],
  );
  bind(RelayEntrance).toResolvedValue(() => new RelayEntrance(), []);
  bind(ApiRelay).toResolvedValue(
    (rpc: RpcClient, nodes: ReverseSessions | undefined, client: ClientRuntime | undefined) =>
      new ApiRelay({ rpc, nodes, knownServers: () => client?.servers() ?? [] }),
    [RpcClient, maybe(ReverseSessions), maybe(ClientRuntime)],
  );
  bind(MountedRoutes).toResolvedValue(() => new MountedRoutes(), []);
  bind(AuditLog).toResolvedValue(
    ({ auditLog }: AgentConfig, clock: Clock) =>
      new AuditLog({ path: auditLog.enabled ? auditLog.path : undefined }, { clock }),
    [AgentConfig, Clock],
  );
  bind(Startable).toService(AuditLog);
  bind(HttpApi).toResolvedValue(
    (
      config: AgentConfig,
      identity: AgentIdentity,
      routes: HttpRouteContribution[],
      express: ExpressContribution[],
      gate: AclGate,
      errors: HttpErrorMapper,
      targets: TargetResolver,
      relay: ApiRelay,
      entrance: RelayEntrance,
      audit: AuditLog,
      mounted: MountedRoutes,
      clock: Clock,
      logger: Logger,
      metrics: Metrics,
    ) =>
      new HttpApi(
        { config, identity },
        {
          routes,
          express,
          gate,
          errors,
          targets,
          relay,
          entrance,
          audit,
          mounted,
          clock,
          logger: logger.named('http'),
          metrics,
        },
      ),
    [
      AgentConfig,
      AgentIdentity,
      many(HttpRouteContribution),
      many(ExpressContribution),
      AclGate,
      HttpErrorMapper,
      TargetResolver,
      ApiRelay,
      RelayEntrance,
      AuditLog,
      MountedRoutes,
      Clock,
      Logger,
      Metrics,
    ],
  );
  bind(Startable).toService(HttpApi);
  bind(Reloadable).toService(HttpApi);

  bind(HealthMonitor).toResolvedValue(
    (identity: AgentIdentity, checks: HealthCheck[], clock: Clock) =>
      new HealthMonitor(identity.roles, { checks, clock }),
    [AgentIdentity, many(HealthCheck), Clock],
  );
  bind(RuntimeStats).toResolvedValue(() => new RuntimeStats(), []);
  bind(StatsSection).toService(RuntimeStats);

  // Reloading.
  bind(LogLevelReload).toResolvedValue(
    (hub: LogHub, logger: Logger) => new LogLevelReload({ hub, logger: logger.named('agent') }),
    [LogHub, Logger],
  );
  bind(Reloadable).toService(LogLevelReload);
  bind(Reloader).toResolvedValue(
    (config: AgentConfig, host: AgentHost, logger: Logger) =>
      new Reloader(config, { read: host.readConfig, logger: logger.named('agent') }),
    [AgentConfig, AgentHost, Logger],
  );

  // Operations, each with its own token so that it can be wrapped or left out.
  bind(SelfRoutes).toResolvedValue(
    (reloader: Reloader, membership: Membership | undefined, sections: StatsSection[]) =>
      new SelfRoutes({ config: () => reloader.config, member: () => membership?.local(), sections }),
    [Reloader, maybe(Membership), many(StatsSection)],
  );
  bind(HealthRoutes).toResolvedValue(
    (identity: AgentIdentity, monitor: HealthMonitor) => new HealthRoutes({ region: identity.region }, { monitor }),
    [AgentIdentity, HealthMonitor],
  );
  bind(HostRoutes).toResolvedValue(
    (host: AgentHost) => new HostRoutes({ read: () => readHostData({ environment: host.environment }) }),
    [AgentHost],
  );
  bind(MonitorRoutes).toResolvedValue(
    ({ logStream }: AgentConfig, hub: LogHub, exporter: LogExporter, { history }: LogOutput, clock: Clock) =>
      new MonitorRoutes(logStream, { hub, exporter, history, clock }),
    [AgentConfig, LogHub, LogExporter, LogOutput, Clock],
  );
  bind(LogLevelRoutes).toResolvedValue(
    (hub: LogHub, logger: Logger) => new LogLevelRoutes({ hub, logger: logger.named('agent') }),
    [LogHub, Logger],
  );
  bind(PprofRoutes).toResolvedValue((profiler: Profiler) => new PprofRoutes({ profiler }), [Profiler]);
  bind(DebugPprofRoutes).toResolvedValue(
    ({ enableDebug }: AgentConfig, profiler: Profiler) => new DebugPprofRoutes({ enabled: enableDebug }, { profiler }),
    [AgentConfig, Profiler],
  );
  bind(ReloadRoutes).toResolvedValue((reloader: Reloader) => new ReloadRoutes(reloader), [Reloader]);
  bind(MetricsRoutes).toResolvedValue(
    (config: AgentConfig, reader: MetricsReader, gauges: RuntimeGauges) =>
      new MetricsRoutes({ prometheus: config.telemetry.prometheusMetrics }, { reader, collect: gauges.collect }),
    [AgentConfig, MetricsReader, RuntimeGauges],
  );
  bind(UiRoutes).toResolvedValue(() => new UiRoutes(), []);
  for (const routes of [
    SelfRoutes,
    HealthRoutes,
    HostRoutes,
    MonitorRoutes,
    LogLevelRoutes,
    PprofRoutes,
    DebugPprofRoutes,
    ReloadRoutes,
    MetricsRoutes,
    UiRoutes,
  ]) {
    bind(HttpRouteContribution).toService(routes);
  }

  bind(Lifecycle).toResolvedValue(
    (parts: Startable[], clock: Clock, logger: Logger) =>
      new Lifecycle(parts, {}, { clock, logger: logger.named('agent') }),
    [many(Startable), Clock, Logger],
  );
  bind(Agent).toResolvedValue(
    (
      identity: AgentIdentity,
      lifecycle: Lifecycle,
      api: HttpApi,
      reloader: Reloader,
      reloadables: Reloadable[],
      output: LogOutput,
      hub: LogHub,
      fatal: FatalErrors,
      membership: Membership | undefined,
      logger: Logger,
    ) =>
      new AgentImpl({
        identity,
        lifecycle,
        api,
        reloader,
        reloadables,
        output,
        hub,
        fatal,
        membership,
        logger: logger.named('agent'),
      }),
    [
      AgentIdentity,
      Lifecycle,
      HttpApi,
      Reloader,
      many(Reloadable),
      LogOutput,
      LogHub,
      FatalErrors,
      maybe(Membership),
      Logger,
    ],
  );
});
