import { JOB_WIRE } from '@steppe/domain';
import type { StateSnapshot } from '@steppe/state';
import { ALLOCATIONS, EVALUATIONS, JOBS, readList } from '@steppe/state';
import type { StateReads } from '../../cluster/state-reads.js';
import { decidedLater, inNamespace, namespaceOf } from '../../http/acl-rule.js';
import { LEADER_OF_REGION } from '../../http/answered-by.js';
import type { Reply } from '../../http/reply/reply.js';
import { json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import type { JobRegistry } from '../../jobs/job-registry.js';
import { jobOfRow } from '../../scheduling/job-rows.js';
import { readHeaders } from '../read-headers.js';
import { listQuery } from '../read-options.js';
import { allowedJob } from './allowed-job.js';
import { flagParameter } from './job-requests.js';
import { jobStub, jobWritten } from './job-shapes.js';
import { readTables, visibleNamespaces } from './scheduling-reads.js';

export interface JobsRoutesDeps {
  readonly reads: () => StateReads;
  readonly jobs: () => JobRegistry;
}

/** Any of these lets a caller register a job. */
const REGISTER_RIGHTS = ['submit-job', 'register-job'];
const REGISTER = decidedLater('NsOpAnyOf(namespace of the job, submit-job, register-job)');

/** `/v1/jobs`, and `/v1/job/:id` for writing one: the list of jobs, and registering them. */
export class JobsRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #deps: JobsRoutesDeps;

  constructor(deps: JobsRoutesDeps) {
    this.#deps = deps;
    this.routes = [
      defineRoute({
        path: '/v1/jobs',
        methods: ['GET'],
        summary: 'Jobs in brief.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: inNamespace('list-jobs'),
        parameters: (query) => ({ meta: flagParameter(query, 'meta') }),
        handle: (request) => this.#list(request, request.parameters),
      }),
      defineRoute({
        path: '/v1/jobs',
        methods: ['PUT', 'POST'],
        summary: 'Add a job, or change it; the job’s own namespace decides who may.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: REGISTER,
        handle: (request) => this.#register(request, undefined),
      }),
      defineRoute({
        path: '/v1/deployments',
        methods: ['GET'],
        summary: 'Deployments; there are none.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: inNamespace('read-job'),
        handle: async (request) => json([], readHeaders(await readTables(deps.reads(), request, [JOBS]))),
      }),
      defineRoute({
        path: '/v1/job/:id+',
        methods: ['PUT', 'POST'],
        summary: 'The same, for the job of that name.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: REGISTER,
        handle: (request) => this.#register(request, request.path['id']),
      }),
    ];
  }

  async #list(request: ApiRequest, { meta }: { readonly meta: boolean }): Promise<Reply> {
    const read = await readTables(this.#deps.reads(), request, [JOBS, ALLOCATIONS, EVALUATIONS]);
    const isVisible = await visibleNamespaces(request, 'list-jobs');
    const snapshot: StateSnapshot = read.value;
    const { prefix, ...list } = listQuery(request.common);
    const named = namespaceOf(request.query);
    const { rows, nextToken } = readList(
      snapshot,
      JOBS,
      { ...list, prefix: named === '*' ? '' : `${named}/${prefix}` },
      {
        where: ({ namespace, id }) => isVisible(namespace) && id.startsWith(prefix ?? ''),
        view: (row) => JOB_WIRE.encode(jobOfRow(snapshot, row)),
      },
    );
    const stubs = rows.map((row) => {
      const job = jobOfRow(snapshot, row);
      return { ...jobStub(snapshot, job, read.index), ...(meta ? { Meta: job.meta } : {}) };
    });
    return json(stubs, readHeaders(read, nextToken));
  }

  async #register(request: ApiRequest, id: string | undefined): Promise<Reply> {
    const { job, ...options } = await allowedJob(request, id, REGISTER_RIGHTS);
    const { acl } = await request.caller();
    return jobWritten(await this.#deps.jobs().register(job, { ...options, isManagement: acl.isManagement() }));
  }
}
