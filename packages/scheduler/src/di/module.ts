import { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { EvalBroker as EvalBrokerImpl } from '../broker/eval-broker.js';
import { EvalEntrance } from '../broker/eval-entrance.js';
import { builtInScheduler } from '../evaluation/built-in-scheduler.js';
import { RegionScheduling as RegionSchedulingImpl } from '../leader/region-scheduling.js';
import { WorkerPoolImpl } from '../worker/worker-pool.js';
import {
  BatchScheduler,
  DefaultWorkerPool,
  EvalBroker,
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
} from './tokens.js';

/** Binds broker, schedulers and workers; the assembly binds `WorkerPoolOptions`, and `RegionStore`, `EvalSource` and `SchedulingLink` if it can. */
export const schedulerModule = new ContainerModule(({ bind }) => {
  bind(EvalBroker)
    .toResolvedValue(
      (clock: Clock, random: Random, store: RegionStore | undefined) =>
        new EvalBrokerImpl(
          {},
          { clock, random, jobEvalIndex: (namespace, jobId) => store?.jobEvalIndex(namespace, jobId) ?? 0 },
        ),
      [Clock, Random, { serviceIdentifier: RegionStore, optional: true }],
    )
    .inSingletonScope();
  bind(RegionScheduling)
    .toResolvedValue(
      (
        broker: EvalBroker,
        store: RegionStore,
        rejections: PlanRejections | undefined,
        clock: Clock,
        random: Random,
        logger: Logger,
        metrics: Metrics,
      ) =>
        new RegionSchedulingImpl({ broker, store, rejections, clock, random, logger: logger.named('nomad'), metrics }),
      [EvalBroker, RegionStore, { serviceIdentifier: PlanRejections, optional: true }, Clock, Random, Logger, Metrics],
    )
    .inSingletonScope();
  for (const { token, type } of [
    { token: ServiceScheduler, type: 'service' },
    { token: BatchScheduler, type: 'batch' },
    { token: SystemScheduler, type: 'system' },
    { token: SysbatchScheduler, type: 'sysbatch' },
  ] as const) {
    bind(token)
      .toResolvedValue((clock: Clock, random: Random) => builtInScheduler(type, { clock, random }), [Clock, Random])
      .inSingletonScope();
    bind(SchedulerContribution).toService(token);
  }
  bind(DefaultWorkerPool)
    .toResolvedValue(
      (
        options: WorkerPoolOptions,
        source: EvalSource | undefined,
        broker: EvalBroker,
        link: SchedulingLink | undefined,
        schedulers: SchedulerContribution[],
        clock: Clock,
        random: Random,
        logger: Logger,
        metrics: Metrics,
      ) =>
        new WorkerPoolImpl(options, {
          source: source ?? new EvalEntrance({ broker, clock }),
          link,
          schedulers,
          clock,
          random,
          logger: logger.named('nomad.worker'),
          metrics,
        }),
      [
        WorkerPoolOptions,
        { serviceIdentifier: EvalSource, optional: true },
        EvalBroker,
        { serviceIdentifier: SchedulingLink, optional: true },
        { serviceIdentifier: SchedulerContribution, isMultiple: true },
        Clock,
        Random,
        Logger,
        Metrics,
      ],
    )
    .inSingletonScope();
  bind(WorkerPool).toService(DefaultWorkerPool);
  bind(Startable).toService(DefaultWorkerPool);
});
