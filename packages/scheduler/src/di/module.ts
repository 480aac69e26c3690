import { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { EvalBroker as EvalBrokerImpl } from '../broker/eval-broker.js';
import { WorkerPoolImpl } from '../worker/worker-pool.js';
import {
  DefaultWorkerPool,
  EvalBroker,
  EvalSource,
  SchedulerContribution,
  SchedulingLink,
  WorkerPool,
  WorkerPoolOptions,
} from './tokens.js';

/** Binds the broker and the pool of workers; the assembly binds `WorkerPoolOptions`. */
export const schedulerModule = new ContainerModule(({ bind }) => {
  bind(EvalBroker)
    .toResolvedValue((clock: Clock, random: Random) => new EvalBrokerImpl({}, { clock, random }), [Clock, Random])
    .inSingletonScope();
  bind(EvalSource).toService(EvalBroker);
  bind(DefaultWorkerPool)
    .toResolvedValue(
      (
        options: WorkerPoolOptions,
        source: EvalSource,
        link: SchedulingLink,
        schedulers: SchedulerContribution[],
        clock: Clock,
        random: Random,
        logger: Logger,
        metrics: Metrics,
      ) =>
        new WorkerPoolImpl(options, {
          source,
          link,
          schedulers,
          clock,
          random,
          logger: logger.named('nomad.worker'),
          metrics,
        }),
      [
        WorkerPoolOptions,
        EvalSource,
        SchedulingLink,
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
