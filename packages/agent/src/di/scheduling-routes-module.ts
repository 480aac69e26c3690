import { StateStore } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import { StateReads } from '../cluster/state-reads.js';
import { AllocationStops } from '../jobs/allocation-stops.js';
import { EvaluationDeletes } from '../jobs/evaluation-deletes.js';
import { JobRegistry } from '../jobs/job-registry.js';
import { AllocationsRoutes } from '../routes/jobs/allocations-routes.js';
import { EvaluationsRoutes } from '../routes/jobs/evaluations-routes.js';
import { JobRoutes } from '../routes/jobs/job-routes.js';
import { JobsRoutes } from '../routes/jobs/jobs-routes.js';
import { maybe, ofRole } from './injection.js';
import { HttpRouteContribution } from './tokens.js';

/** Jobs and what comes of them, on every agent: those without the server role pass the requests on. */
export const schedulingRoutesModule = new ContainerModule(({ bind }) => {
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
  for (const routes of [JobsRoutes, JobRoutes, EvaluationsRoutes, AllocationsRoutes]) {
    bind(HttpRouteContribution).toService(routes);
  }
});
