import { AgentConfig } from '@steppe/config/di';
import { Clock, token } from '@steppe/runtime/di';
import { StateStore } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import { StateReads } from '../cluster/state-reads.js';
import type * as core from '../jobs/job-settings.js';
import { AllocationStops } from '../jobs/allocation-stops.js';
import { EvaluationDeletes } from '../jobs/evaluation-deletes.js';
import { ForcedGc } from '../jobs/forced-gc.js';
import { JobRegistry } from '../jobs/job-registry.js';
import { JobPlans } from '../jobs/plan/job-plans.js';
import { Namespaces } from '../jobs/namespaces.js';
import { NodePools } from '../jobs/node-pools.js';
import { NodeWork } from '../jobs/node-work.js';
import { SchedulerSettings } from '../jobs/scheduler-settings.js';
import { EventRoutes } from '../routes/event-routes.js';
import { AllocationsRoutes } from '../routes/jobs/allocations-routes.js';
import { EvaluationsRoutes } from '../routes/jobs/evaluations-routes.js';
import { JobCheckRoutes } from '../routes/jobs/job-check-routes.js';
import { JobRoutes } from '../routes/jobs/job-routes.js';
import { JobsRoutes } from '../routes/jobs/jobs-routes.js';
import { NamespaceRoutes } from '../routes/jobs/namespace-routes.js';
import { NodePoolRoutes } from '../routes/jobs/node-pool-routes.js';
import { NodeWorkRoutes } from '../routes/jobs/node-work-routes.js';
import { SchedulerSettingsRoutes } from '../routes/jobs/scheduler-settings-routes.js';
import { SearchRoutes } from '../routes/search-routes.js';
import { maybe, ofRole } from './injection.js';
import { AgentIdentity, HttpRouteContribution } from './tokens.js';

/** What the agent's configuration says about jobs. */
export type JobSettings = core.JobSettings;
export const JobSettings = token<core.JobSettings>('@steppe/agent/JobSettings');

/** Jobs and what comes of them, on every agent: those without the server role pass the requests on. */
export const schedulingRoutesModule = new ContainerModule(({ bind }) => {
  bind(JobSettings).toResolvedValue(
    ({ server }: AgentConfig, { region }: AgentIdentity) => ({
      region,
      defaultPriority: server.jobDefaultPriority,
      maxPriority: server.jobMaxPriority,
      maxCount: server.jobMaxCount,
      maxSourceBytes: server.jobMaxSourceSizeBytes,
      trackedVersions: server.jobTrackedVersions,
    }),
    [AgentConfig, AgentIdentity],
  );
  bind(JobCheckRoutes).toResolvedValue(
    (settings: JobSettings, state: StateStore | undefined, plans: JobPlans | undefined) =>
      new JobCheckRoutes(settings, { state: ofRole(state), plans: ofRole(plans) }),
    [JobSettings, maybe(StateStore), maybe(JobPlans)],
  );
  bind(JobsRoutes).toResolvedValue(
    (reads: StateReads | undefined, jobs: JobRegistry | undefined) =>
      new JobsRoutes({ reads: ofRole(reads), jobs: ofRole(jobs) }),
    [maybe(StateReads), maybe(JobRegistry)],
  );
  bind(JobRoutes).toResolvedValue(
    (reads: StateReads | undefined, jobs: JobRegistry | undefined) =>
      new JobRoutes({ reads: ofRole(reads), jobs: ofRole(jobs) }),
    [maybe(StateReads), maybe(JobRegistry)],
  );
  bind(EvaluationsRoutes).toResolvedValue(
    (reads: StateReads | undefined, deletes: EvaluationDeletes | undefined) =>
      new EvaluationsRoutes({ reads: ofRole(reads), deletes: ofRole(deletes) }),
    [maybe(StateReads), maybe(EvaluationDeletes)],
  );
  bind(AllocationsRoutes).toResolvedValue(
    (reads: StateReads | undefined, state: StateStore | undefined, stops: AllocationStops | undefined) =>
      new AllocationsRoutes({ reads: ofRole(reads), state: ofRole(state), stops: ofRole(stops) }),
    [maybe(StateReads), maybe(StateStore), maybe(AllocationStops)],
  );
  bind(NodeWorkRoutes).toResolvedValue(
    (reads: StateReads | undefined, work: NodeWork | undefined) =>
      new NodeWorkRoutes({ reads: ofRole(reads), work: ofRole(work) }),
    [maybe(StateReads), maybe(NodeWork)],
  );
  bind(NamespaceRoutes).toResolvedValue(
    (reads: StateReads | undefined, namespaces: Namespaces | undefined) =>
      new NamespaceRoutes({ reads: ofRole(reads), namespaces: ofRole(namespaces) }),
    [maybe(StateReads), maybe(Namespaces)],
  );
  bind(NodePoolRoutes).toResolvedValue(
    (reads: StateReads | undefined, pools: NodePools | undefined) =>
      new NodePoolRoutes({ reads: ofRole(reads), pools: ofRole(pools) }),
    [maybe(StateReads), maybe(NodePools)],
  );
  bind(SchedulerSettingsRoutes).toResolvedValue(
    (reads: StateReads | undefined, settings: SchedulerSettings | undefined, gc: ForcedGc | undefined) =>
      new SchedulerSettingsRoutes({ reads: ofRole(reads), settings: ofRole(settings), gc: ofRole(gc) }),
    [maybe(StateReads), maybe(SchedulerSettings), maybe(ForcedGc)],
  );
  bind(EventRoutes).toResolvedValue(
    ({ eventStream }: AgentConfig, state: StateStore | undefined, clock: Clock) =>
      new EventRoutes(eventStream, { state: ofRole(state), clock }),
    [AgentConfig, maybe(StateStore), Clock],
  );
  bind(SearchRoutes).toResolvedValue(
    ({ server: { search } }: AgentConfig, reads: StateReads | undefined) =>
      new SearchRoutes({ ...search, fuzzyEnabled: search.fuzzyEnabled ?? true }, { reads: ofRole(reads) }),
    [AgentConfig, maybe(StateReads)],
  );
  for (const routes of [
    JobsRoutes,
    JobRoutes,
    JobCheckRoutes,
    EvaluationsRoutes,
    AllocationsRoutes,
    NodeWorkRoutes,
    NamespaceRoutes,
    NodePoolRoutes,
    SchedulerSettingsRoutes,
    EventRoutes,
    SearchRoutes,
  ]) {
    bind(HttpRouteContribution).toService(routes);
  }
});
