import { AgentConfig } from '@steppe/config/di';
import { RpcClient, RpcContribution } from '@steppe/rpc/di';
import { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime/di';
import { builtInScheduler, CoreScheduler, PlanRejectionTracker } from '@steppe/scheduler';
import {
  BatchScheduler,
  EvalSource,
  PlanRejections,
  RegionScheduling,
  RegionStore,
  SchedulerContribution,
  SchedulingLink,
  ServiceScheduler,
  SysbatchScheduler,
  SystemScheduler,
  WorkerPool,
  WorkerPoolOptions,
} from '@steppe/scheduler/di';
import { Leadership, StateStore } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import { NodeAvailability } from '../nodes/node-availability.js';
import { SchedulerReload, schedulerSettings } from '../reload/scheduler-reload.js';
import { LeaderLink } from '../scheduling/leader-link.js';
import { LeaderPause } from '../scheduling/leader-pause.js';
import { SchedulingEndpoints } from '../scheduling/scheduling-endpoints.js';
import { SchedulingService } from '../scheduling/scheduling-service.js';
import { SchedulerThreads } from '../scheduling/threads/scheduler-threads.js';
import { StateRegionStore } from '../scheduling/state-region-store.js';
import { AgentHost, AgentIdentity, Reloadable } from './tokens.js';

const THREADED = [
  { token: ServiceScheduler, type: 'service' },
  { token: BatchScheduler, type: 'batch' },
  { token: SystemScheduler, type: 'system' },
  { token: SysbatchScheduler, type: 'sysbatch' },
] as const;

/** What scheduling needs of a server: the region's state, the way to its leader, and somebody who follows the lead. */
export const schedulingModule = new ContainerModule(({ bind, rebind }) => {
  bind(WorkerPoolOptions).toResolvedValue(
    (config: AgentConfig, host: AgentHost) => ({
      ...schedulerSettings(config.server, host.cpuCount),
      cpuCount: host.cpuCount,
    }),
    [AgentConfig, AgentHost],
  );
  bind(StateRegionStore).toResolvedValue(
    (state: StateStore, clock: Clock) => new StateRegionStore({ state, clock }),
    [StateStore, Clock],
  );
  bind(RegionStore).toService(StateRegionStore);
  bind(PlanRejections).toResolvedValue(
    (
      { server: { planRejectionTracker } }: AgentConfig,
      availability: NodeAvailability,
      clock: Clock,
      logger: Logger,
      metrics: Metrics,
    ) =>
      planRejectionTracker.enabled
        ? new PlanRejectionTracker(planRejectionTracker, {
            keepOut: (nodeId) => availability.keepOut(nodeId),
            clock,
            logger: logger.named('nomad.planner'),
            metrics,
          })
        : { rejected: () => undefined },
    [AgentConfig, NodeAvailability, Clock, Logger, Metrics],
  );
  bind(LeaderLink).toResolvedValue(
    (
      identity: AgentIdentity,
      scheduling: RegionScheduling,
      store: StateRegionStore,
      leadership: Leadership,
      rpc: RpcClient,
      clock: Clock,
    ) =>
      new LeaderLink({
        serverId: identity.serverId ?? '',
        entrance: scheduling.entrance,
        store,
        leadership,
        rpc,
        clock,
      }),
    [AgentIdentity, RegionScheduling, StateRegionStore, Leadership, RpcClient, Clock],
  );
  bind(EvalSource).toService(LeaderLink);
  bind(SchedulingLink).toService(LeaderLink);
  bind(CoreScheduler).toResolvedValue(
    ({ server }: AgentConfig, store: LeaderLink, clock: Clock, logger: Logger) =>
      new CoreScheduler(
        {
          evalThresholdMs: server.evalGcThresholdMs,
          batchEvalThresholdMs: server.batchEvalGcThresholdMs,
          jobThresholdMs: server.jobGcThresholdMs,
          nodeThresholdMs: server.nodeGcThresholdMs,
        },
        { store, clock, logger: logger.named('nomad.core') },
      ),
    [AgentConfig, LeaderLink, Clock, Logger],
  );
  bind(SchedulerContribution).toService(CoreScheduler);
  bind(SchedulingEndpoints).toResolvedValue(
    ({ entrance }: RegionScheduling, store: StateRegionStore, leadership: Leadership) =>
      new SchedulingEndpoints({ entrance, store, leadership }),
    [RegionScheduling, StateRegionStore, Leadership],
  );
  bind(RpcContribution).toService(SchedulingEndpoints);
  bind(SchedulingService).toResolvedValue(
    ({ leader }: RegionScheduling, state: StateStore, leadership: Leadership, logger: Logger) =>
      new SchedulingService({ leader, state, leadership, logger: logger.named('nomad') }),
    [RegionScheduling, StateStore, Leadership, Logger],
  );
  bind(Startable).toService(SchedulingService);
  bind(SchedulerThreads).toResolvedValue(
    ({ spawnSchedulerThread: spawn }: AgentHost, state: StateStore, clock: Clock, logger: Logger) =>
      new SchedulerThreads({ spawn, state, clock, logger: logger.named('nomad.worker') }),
    [AgentHost, StateStore, Clock, Logger],
  );
  bind(Startable).toService(SchedulerThreads);
  for (const { token, type } of THREADED) {
    rebind(token).toResolvedValue(
      (config: AgentConfig, threads: SchedulerThreads, clock: Clock, random: Random) =>
        config.server.schedulerThreads && !config.devMode && threads.areAvailable
          ? threads.schedulerOf(type)
          : builtInScheduler(type, { clock, random }),
      [AgentConfig, SchedulerThreads, Clock, Random],
    );
  }
  bind(LeaderPause).toResolvedValue(
    (leadership: Leadership, pool: WorkerPool) => new LeaderPause({ leadership, pool }),
    [Leadership, WorkerPool],
  );
  bind(Startable).toService(LeaderPause);

  bind(SchedulerReload).toResolvedValue(
    (host: AgentHost, pool: WorkerPool, logger: Logger) =>
      new SchedulerReload({ cpuCount: host.cpuCount }, { pool, logger: logger.named('nomad') }),
    [AgentHost, WorkerPool, Logger],
  );
  bind(Reloadable).toService(SchedulerReload);
});
