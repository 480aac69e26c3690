import {
  ALLOC_METRIC_WIRE,
  canonicalJob,
  encodeTimestamp,
  EVALUATION_WIRE,
  GO_ZERO_TIME_MS,
  JOB_WIRE,
  parseJobHcl,
} from '@steppe/domain';
import type { StateStore } from '@steppe/state';
import { decidedLater, inNamespace } from '../../http/acl-rule.js';
import { LEADER_OF_REGION } from '../../http/answered-by.js';
import type { Reply } from '../../http/reply/reply.js';
import { json } from '../../http/reply/reply.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import type { ExaminedJob } from '../../jobs/admit-job.js';
import { examineJob, problemText } from '../../jobs/admit-job.js';
import type { JobSettings } from '../../jobs/job-settings.js';
import type { JobPlan, JobPlans } from '../../jobs/plan/job-plans.js';
import { allowedJob } from './allowed-job.js';
import { decodeParse } from './job-requests.js';

export interface JobCheckRoutesDeps {
  readonly state: () => StateStore;
  readonly plans: () => JobPlans;
}

const PLAN_RIGHTS = ['submit-job', 'plan-job'];

/** `/v1/jobs/parse`, `/v1/validate/job` and `/v1/job/:id/plan`: what would become of a job, without registering it. */
export class JobCheckRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(settings: JobSettings, { state, plans }: JobCheckRoutesDeps) {
    this.routes = [
      defineRoute({
        path: '/v1/validate/job',
        methods: ['PUT', 'POST'],
        summary: 'What is wrong with a job.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: decidedLater('NsOpAnyOf(namespace of the job, read-job)'),
        handle: async (request) => {
          const { job } = await allowedJob(request, undefined, ['read-job']);
          return validated(examineJob(state().snapshot(), job, settings));
        },
      }),
      defineRoute({
        path: '/v1/jobs/parse',
        methods: ['PUT', 'POST'],
        summary: 'The JSON of a job that is written down as HCL.',
        commonParameters: true,
        acl: inNamespace('parse-job', 'submit-job'),
        handle: async (request) => {
          const { hcl, canonicalize } = decodeParse(await request.body());
          const job = parseJobHcl(hcl);
          const defaults = { priority: settings.defaultPriority, region: settings.region };
          return json(JOB_WIRE.encode(canonicalize ? canonicalJob(job, defaults) : job));
        },
      }),
      defineRoute({
        path: '/v1/job/:id+/plan',
        methods: ['PUT', 'POST'],
        summary: 'What registering a job would lead to.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: decidedLater('NsOpAnyOf(namespace of the job, submit-job, plan-job)'),
        handle: async (request) => {
          const { job, diff } = await allowedJob(request, request.path['id'], PLAN_RIGHTS);
          return planned(await plans().plan(job, { diff, signal: request.signal }));
        },
      }),
    ];
  }
}

const validated = ({ problems }: ExaminedJob): Reply =>
  json({
    DriverConfigValidated: true,
    ValidationErrors: problems.length === 0 ? null : problems,
    Error: problems.length === 0 ? '' : problemText(problems),
    Warnings: '',
  });

function planned({ updates, evaluation, created, diff, jobModifyIndex, index }: JobPlan): Reply {
  const failed = Object.entries(evaluation.failedTgAllocs);
  return json(
    {
      Annotations: { DesiredTGUpdates: updates, PreemptedAllocs: null },
      FailedTGAllocs:
        failed.length === 0
          ? null
          : Object.fromEntries(failed.map(([group, metric]) => [group, ALLOC_METRIC_WIRE.encode(metric)])),
      JobModifyIndex: jobModifyIndex,
      CreatedEvals: created.length === 0 ? null : created.map((each) => EVALUATION_WIRE.encodeSparse(each)),
      Diff: diff ?? null,
      NextPeriodicLaunch: encodeTimestamp(GO_ZERO_TIME_MS),
      Warnings: '',
      Index: index,
    },
    { 'X-Nomad-Index': `${index}` },
  );
}
