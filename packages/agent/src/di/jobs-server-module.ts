import { AgentConfig } from '@steppe/config/di';
import type { SchedulerConfiguration } from '@steppe/domain';
import { DEFAULT_SCHEDULER_CONFIGURATION } from '@steppe/domain';
import { Clock, Logger, Random, Startable } from '@steppe/runtime/di';
import { EvalBroker, SchedulerContribution } from '@steppe/scheduler/di';
import { Leadership, StateStore } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import { AllocationStops } from '../jobs/allocation-stops.js';
import { EvaluationDeletes } from '../jobs/evaluation-deletes.js';
import { ForcedGc } from '../jobs/forced-gc.js';
import { JobRegistry } from '../jobs/job-registry.js';
import { JobPlans } from '../jobs/plan/job-plans.js';
import { Namespaces } from '../jobs/namespaces.js';
import { NodePools } from '../jobs/node-pools.js';
import { NodeWork } from '../jobs/node-work.js';
import { SchedulerSettings } from '../jobs/scheduler-settings.js';
import { many } from './injection.js';
import { JobSettings } from './scheduling-routes-module.js';
import { AgentIdentity } from './tokens.js';

/** Jobs on a server: what is written about them into the region's state. */
export const jobsServerModule = new ContainerModule(({ bind }) => {
  bind(JobRegistry).toResolvedValue(
    (settings: JobSettings, state: StateStore, clock: Clock, random: Random) =>
      new JobRegistry(settings, { state, clock, random }),
    [JobSettings, StateStore, Clock, Random],
  );
  bind(JobPlans).toResolvedValue(
    (settings: JobSettings, state: StateStore, schedulers: SchedulerContribution[], clock: Clock, random: Random) =>
      new JobPlans(settings, { state, schedulers, clock, random }),
    [JobSettings, StateStore, many(SchedulerContribution), Clock, Random],
  );
  bind(AllocationStops).toResolvedValue(
    (state: StateStore, clock: Clock, random: Random) => new AllocationStops({ state, clock, random }),
    [StateStore, Clock, Random],
  );
  bind(NodeWork).toResolvedValue(
    (state: StateStore, clock: Clock, random: Random) => new NodeWork({ state, clock, random }),
    [StateStore, Clock, Random],
  );
  bind(Namespaces).toResolvedValue(
    ({ region }: AgentIdentity, state: StateStore) => new Namespaces({ region }, state),
    [AgentIdentity, StateStore],
  );
  bind(NodePools).toResolvedValue(
    ({ region }: AgentIdentity, state: StateStore) => new NodePools({ region }, state),
    [AgentIdentity, StateStore],
  );
  bind(SchedulerSettings).toResolvedValue(
    ({ server }: AgentConfig, state: StateStore, leadership: Leadership, clock: Clock, logger: Logger) =>
      new SchedulerSettings(
        { initial: initialSettings(server.defaultSchedulerConfig) },
        { state, leadership, clock, logger: logger.named('nomad') },
      ),
    [AgentConfig, StateStore, Leadership, Clock, Logger],
  );
  bind(Startable).toService(SchedulerSettings);
  bind(ForcedGc).toResolvedValue(
    (broker: EvalBroker, state: StateStore, random: Random) => new ForcedGc({ broker, state, random }),
    [EvalBroker, StateStore, Random],
  );
  bind(EvaluationDeletes).toResolvedValue((state: StateStore) => new EvaluationDeletes(state), [StateStore]);
});

function initialSettings({
  schedulerAlgorithm,
  memoryOversubscriptionEnabled,
  rejectJobRegistration,
  pauseEvalBroker,
  nodeLimitForFeasibilityChecks,
  preemptionConfig,
}: AgentConfig['server']['defaultSchedulerConfig']): SchedulerConfiguration {
  return {
    ...DEFAULT_SCHEDULER_CONFIGURATION,
    algorithm: schedulerAlgorithm,
    memoryOversubscription: memoryOversubscriptionEnabled,
    rejectJobRegistration,
    pauseEvalBroker,
    nodeLimitForFeasibilityChecks,
    preemption: {
      system: preemptionConfig.systemSchedulerEnabled,
      sysbatch: preemptionConfig.sysbatchSchedulerEnabled,
      batch: preemptionConfig.batchSchedulerEnabled,
      service: preemptionConfig.serviceSchedulerEnabled,
    },
  };
}
