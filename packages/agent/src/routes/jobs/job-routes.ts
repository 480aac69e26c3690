import type { Allocation, Evaluation, Job, JobKey } from '@steppe/domain';
import {
  diffJobs,
  EVALUATION_WIRE,
  JOB_SUBMISSION_WIRE,
  JOB_WIRE,
  parseGoBool,
  SCALING_EVENT_WIRE,
} from '@steppe/domain';
import type { StateSnapshot } from '@steppe/state';
import { ALLOCATIONS, EVALUATIONS, JOB_SUBMISSIONS, jobKey, JOBS, jobVersionKey, SCALING_EVENTS } from '@steppe/state';
import type { StateRead } from '../../cluster/cluster-view.js';
import type { StateReads } from '../../cluster/state-reads.js';
import type { AclRule } from '../../http/acl-rule.js';
import { anyOf, inNamespace, namespaceOf } from '../../http/acl-rule.js';
import { LEADER_OF_REGION } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import { json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import type { AnyHttpRoute, HttpRoute, HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import type { JobRegistry } from '../../jobs/job-registry.js';
import { groupSummaries, jobSummary } from '../../jobs/job-summary.js';
import { allocationsOfJob, evaluationsOfJob, jobVersions, readJob } from '../../scheduling/job-rows.js';
import { scalingEvents } from '../../scheduling/scaling-events.js';
import { readHeaders } from '../read-headers.js';
import { encodeAllocationStub } from './allocation-shapes.js';
import { decodeEvaluate, decodeRevert, decodeScale, flagParameter, integerParameter } from './job-requests.js';
import { jobWritten } from './job-shapes.js';
import { queryMeta, readAround, readTables } from './scheduling-reads.js';

export interface JobRoutesDeps {
  readonly reads: () => StateReads;
  readonly jobs: () => JobRegistry;
}

const READ_JOB = inNamespace('read-job');
const REVERT = inNamespace('submit-job', 'revert-job');
const EVALUATE = inNamespace('submit-job', 'evaluate-job');
const SCALE = inNamespace('scale-job', 'submit-job');
const SCALE_STATUS = inNamespace('read-job', 'read-job-scaling');
/** Forgetting a job needs more than stopping it. */
const DEREGISTER: AclRule = {
  requires: [
    {
      label: 'NsOpAnyOf(namespace, submit-job, purge-job, without purge also deregister-job)',
      of: ({ query }) => {
        const isPurge = parseGoBool(query.get('purge')) === true;
        return anyOf(namespaceOf(query), ['submit-job', 'purge-job', ...(isPurge ? [] : ['deregister-job'])]);
      },
    },
  ],
  tokenErrors: 'plain',
};

/** `/v1/job/:id` and what is below it. Ids may have slashes, percent-encoded or not. */
export class JobRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #deps: JobRoutesDeps;

  constructor(deps: JobRoutesDeps) {
    this.#deps = deps;
    this.routes = [
      jobRoute({
        path: '/v1/job/:id+',
        methods: ['GET'],
        summary: 'A job as it stands.',
        acl: READ_JOB,
        handle: async (request) => {
          const read = await this.#around(request);
          return json(JOB_WIRE.encode(jobIn(read.value, request)), readHeaders(read));
        },
      }),
      jobRoute({
        path: '/v1/job/:id+',
        methods: ['DELETE'],
        summary: 'Stop a job, or forget it.',
        acl: DEREGISTER,
        handle: async (request) => {
          const { query } = request;
          const options = {
            purge: flagParameter(query, 'purge'),
            evalPriority: integerParameter(query, 'eval_priority'),
            noShutdownDelay: flagParameter(query, 'no_shutdown_delay'),
          };
          return jobWritten(await deps.jobs().deregister(keyOf(request), options));
        },
      }),
      jobRoute({
        path: '/v1/job/:id+/allocations',
        methods: ['GET'],
        summary: 'Allocations of a job, in brief.',
        acl: READ_JOB,
        handle: async (request) => {
          const all = flagParameter(request.query, 'all');
          const read = await readTables(deps.reads(), request, [ALLOCATIONS]);
          const key = keyOf(request);
          const job = readJob(read.value, key);
          const allocations = inOrder(allocationsOfJob(read.value, key));
          // Those of an earlier job of the name are of versions from before this one was there.
          const own = all || job === undefined ? allocations : allocations.filter((each) => isOf(each, job));
          const options = { taskStates: true, resources: false };
          return json(
            own.map((each) => encodeAllocationStub(each, options)),
            readHeaders(read),
          );
        },
      }),
      jobRoute({
        path: '/v1/job/:id+/evaluations',
        methods: ['GET'],
        summary: 'Evaluations of a job.',
        acl: READ_JOB,
        handle: async (request) => {
          const read = await readTables(deps.reads(), request, [EVALUATIONS]);
          const evaluations = inOrder(evaluationsOfJob(read.value, keyOf(request)));
          return json(
            evaluations.map((each) => EVALUATION_WIRE.encodeSparse(each)),
            readHeaders(read),
          );
        },
      }),
      jobRoute({
        path: '/v1/job/:id+/summary',
        methods: ['GET'],
        summary: 'How a job is doing, by group.',
        acl: READ_JOB,
        handle: async (request) => {
          const read = await readTables(deps.reads(), request, [JOBS, ALLOCATIONS, EVALUATIONS]);
          return json(jobSummary(read.value, jobIn(read.value, request), read.index), readHeaders(read));
        },
      }),
      jobRoute({
        path: '/v1/job/:id+/versions',
        methods: ['GET'],
        summary: 'The versions of a job that are kept, the newest first.',
        acl: READ_JOB,
        handle: async (request) => {
          const withDiffs = flagParameter(request.query, 'diffs');
          const read = await this.#around(request);
          const job = readJob(read.value, keyOf(request));
          if (job === undefined) throw apiError('JOB_VERSIONS_NOT_FOUND');
          const { createIndex, status, version } = job;
          const versions = jobVersions(read.value, job);
          const shown = versions.map((each) =>
            JOB_WIRE.encode({ ...each, createIndex, status: each.version === version ? status : '' }),
          );
          const diffs = versions.slice(0, -1).map((each, age) => diffJobs(versions[age + 1], each));
          return json(
            { Versions: shown, Diffs: withDiffs && diffs.length > 0 ? diffs : null, ...queryMeta(read) },
            readHeaders(read),
          );
        },
      }),
      jobRoute({
        path: '/v1/job/:id+/submission',
        methods: ['GET'],
        summary: 'What a version of a job was written down as.',
        acl: READ_JOB,
        handle: async (request) => {
          const version = integerParameter(request.query, 'version');
          const key = keyOf(request);
          const read = await readAround(deps.reads(), request, {
            table: JOB_SUBMISSIONS,
            key: jobVersionKey(key, version),
          });
          const submission = read.value.get(JOB_SUBMISSIONS, jobVersionKey(key, version));
          if (submission === undefined) throw apiError('JOB_SOURCE_UNKNOWN');
          return json(
            {
              ...JOB_SUBMISSION_WIRE.encode(submission),
              Namespace: key.namespace,
              JobID: key.id,
              Version: version,
              JobModifyIndex: submission.modifyIndex,
            },
            readHeaders(read),
          );
        },
      }),
      jobRoute({
        path: '/v1/job/:id+/deployment',
        methods: ['GET'],
        summary: 'The newest deployment of a job; there are none.',
        acl: READ_JOB,
        handle: async (request) => json(null, readHeaders(await this.#around(request))),
      }),
      jobRoute({
        path: '/v1/job/:id+/deployments',
        methods: ['GET'],
        summary: 'Deployments of a job; there are none.',
        acl: READ_JOB,
        handle: async (request) => json([], readHeaders(await this.#around(request))),
      }),
      // Jobs with services or actions are refused.
      ...['services', 'actions'].map((what) =>
        jobRoute({
          path: `/v1/job/:id+/${what}`,
          methods: ['GET'],
          summary: `The ${what} of a job; there are none.`,
          acl: READ_JOB,
          handle: async (request) => {
            const read = await this.#around(request);
            jobIn(read.value, request);
            return json([], readHeaders(read));
          },
        }),
      ),
      jobRoute({
        path: '/v1/job/:id+/evaluate',
        methods: ['PUT', 'POST'],
        summary: 'Have a job looked at again.',
        acl: EVALUATE,
        handle: async (request) => {
          const key = keyOf(request);
          return jobWritten(await deps.jobs().evaluate(key, decodeEvaluate(await request.body(), key.id)));
        },
      }),
      jobRoute({
        path: '/v1/job/:id+/revert',
        methods: ['PUT', 'POST'],
        summary: 'Register an older version of a job anew.',
        acl: REVERT,
        handle: async (request) => {
          const key = keyOf(request);
          const options = decodeRevert(await request.body(), key.id);
          return jobWritten(await deps.jobs().revert(key, { ...options, isManagement: await isManagement(request) }));
        },
      }),
      jobRoute({
        path: '/v1/job/:id+/scale',
        methods: ['PUT', 'POST'],
        summary: 'Change how many allocations a group has.',
        acl: SCALE,
        handle: async (request) => {
          const key = keyOf(request);
          const options = decodeScale(await request.body(), key.id);
          return jobWritten(await deps.jobs().scale(key, { ...options, isManagement: await isManagement(request) }));
        },
      }),
      jobRoute({
        path: '/v1/job/:id+/scale',
        methods: ['GET'],
        summary: 'How many allocations the groups of a job should have, and have, and how they were scaled.',
        acl: SCALE_STATUS,
        handle: async (request) => {
          const read = await readTables(deps.reads(), request, [JOBS, ALLOCATIONS, SCALING_EVENTS]);
          return json(scaleStatus(read.value, jobIn(read.value, request)), readHeaders(read));
        },
      }),
    ];
  }

  #around(request: ApiRequest): Promise<StateRead<StateSnapshot>> {
    return readAround(this.#deps.reads(), request, { table: JOBS, key: jobKey(keyOf(request)) });
  }
}

const jobRoute = (route: Omit<HttpRoute, 'parameters' | 'commonParameters' | 'answeredBy'>): AnyHttpRoute =>
  defineRoute({ ...route, commonParameters: true, answeredBy: LEADER_OF_REGION });

const keyOf = ({ path, query }: Pick<ApiRequest, 'path' | 'query'>): JobKey => ({
  namespace: namespaceOf(query),
  id: path['id'] ?? '',
});

const isManagement = async (request: ApiRequest): Promise<boolean> => (await request.caller()).acl.isManagement();

/** @throws JOB_NOT_FOUND */
function jobIn(snapshot: StateSnapshot, request: ApiRequest): Job {
  const job = readJob(snapshot, keyOf(request));
  if (job === undefined) throw apiError('JOB_NOT_FOUND');
  return job;
}

const inOrder = <T extends Allocation | Evaluation>(rows: Iterable<T>): readonly T[] =>
  [...rows].toSorted((a, b) => a.createIndex - b.createIndex);

const isOf = ({ jobModifyIndex }: Allocation, { createIndex }: Job): boolean => jobModifyIndex >= createIndex;

function scaleStatus(snapshot: StateSnapshot, job: Job) {
  const groups = groupSummaries(snapshot, job);
  return {
    JobID: job.id,
    Namespace: job.namespace,
    JobCreateIndex: job.createIndex,
    JobModifyIndex: job.modifyIndex,
    JobStopped: job.stop,
    TaskGroups: Object.fromEntries(
      job.taskGroups.map(({ name, count }) => {
        const { Running = 0, Starting = 0 } = groups[name] ?? {};
        const events = scalingEvents(snapshot, job, name).map((event) => SCALING_EVENT_WIRE.encode(event));
        const Events = events.length === 0 ? null : events;
        // Health is a matter of deployments, which there are none of.
        return [name, { Desired: count ?? 1, Placed: Running + Starting, Running, Healthy: 0, Unhealthy: 0, Events }];
      }),
    ),
  };
}
