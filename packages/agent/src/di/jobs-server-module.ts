import { AgentConfig } from '@steppe/config/di';
import { Clock, Random } from '@steppe/runtime/di';
import { EvalBroker } from '@steppe/scheduler/di';
import { StateStore } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import { AllocationStops } from '../jobs/allocation-stops.js';
import { EvaluationDeletes } from '../jobs/evaluation-deletes.js';
import { ForcedGc } from '../jobs/forced-gc.js';
import { JobRegistry } from '../jobs/job-registry.js';
import { Namespaces } from '../jobs/namespaces.js';
import { NodePools } from '../jobs/node-pools.js';
import { NodeWork } from '../jobs/node-work.js';
import { SchedulerSettings } from '../jobs/scheduler-settings.js';
import { AgentIdentity } from './tokens.js';

/** Jobs on a server: what is written about them into the region's state. */
export const jobsServerModule = new ContainerModule(({ bind }) => {
  bind(JobRegistry).toResolvedValue(
    ({ server }: AgentConfig, { region }: AgentIdentity, state: StateStore, clock: Clock, random: Random) =>
      new JobRegistry(
        {
          region,
          defaultPriority: server.jobDefaultPriority,
          maxPriority: server.jobMaxPriority,
          maxCount: server.jobMaxCount,
          trackedVersions: server.jobTrackedVersions,
        },
        { state, clock, random },
      ),
    [AgentConfig, AgentIdentity, StateStore, Clock, Random],
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
  bind(SchedulerSettings).toResolvedValue((state: StateStore) => new SchedulerSettings(state), [StateStore]);
  bind(ForcedGc).toResolvedValue(
    (broker: EvalBroker, state: StateStore, random: Random) => new ForcedGc({ broker, state, random }),
    [EvalBroker, StateStore, Random],
  );
  bind(EvaluationDeletes).toResolvedValue((state: StateStore) => new EvaluationDeletes(state), [StateStore]);
});
