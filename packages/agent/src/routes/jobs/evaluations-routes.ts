import type { Evaluation } from '@steppe/domain';
import { EVALUATION_WIRE, text, textList, wireSchema } from '@steppe/domain';
import type { ListOptions, StateReader, StateSnapshot } from '@steppe/state';
import { ALLOCATIONS, creationOrder, EVALUATIONS, readList } from '@steppe/state';
import type { StateReads } from '../../cluster/state-reads.js';
import { inNamespace, MANAGEMENT } from '../../http/acl-rule.js';
import { LEADER_OF_REGION } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import type { Reply } from '../../http/reply/reply.js';
import { json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import { jsonBody } from '../../http/request/json-body.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import type { EvaluationDeletes } from '../../jobs/evaluation-deletes.js';
import { MAX_DELETED } from '../../jobs/evaluation-deletes.js';
import { readHeaders } from '../read-headers.js';
import { listQuery } from '../read-options.js';
import { encodeAllocationStub } from './allocation-shapes.js';
import { flagParameter } from './job-requests.js';
import { queryMeta, readAround, readTables, visibleNamespaces } from './scheduling-reads.js';

export interface EvaluationsRoutesDeps {
  readonly reads: () => StateReads;
  readonly deletes: () => EvaluationDeletes;
}

const READ_JOB = inNamespace('read-job');
const DELETE_WIRE = wireSchema({ ids: textList('EvalIDs'), filter: text('Filter') });
const ORDER = creationOrder<Evaluation>('created');

/** `/v1/evaluations`, `/v1/evaluations/count`, `/v1/evaluation/:id` and its allocations. */
export class EvaluationsRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #deps: EvaluationsRoutesDeps;

  constructor(deps: EvaluationsRoutesDeps) {
    this.#deps = deps;
    this.routes = [
      defineRoute({
        path: '/v1/evaluations',
        methods: ['GET'],
        summary: 'Evaluations, in the order in which they were made.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: READ_JOB,
        handle: async (request) => {
          const { read, options } = await this.#list(request);
          const list = { ...listQuery(request.common), prefix: request.common.prefix.toLowerCase() };
          const { rows, nextToken } = readList(read.value, EVALUATIONS, list, { ...options, order: ORDER });
          return json(
            rows.map((row) => EVALUATION_WIRE.encodeSparse(row)),
            readHeaders(read, nextToken),
          );
        },
      }),
      defineRoute({
        path: '/v1/evaluations',
        methods: ['DELETE'],
        summary: 'Delete evaluations while scheduling is paused.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: MANAGEMENT,
        handle: async (request) => this.#delete(await request.body()),
      }),
      defineRoute({
        path: '/v1/evaluations/count',
        methods: ['GET'],
        summary: 'How many evaluations there are.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: READ_JOB,
        handle: async (request) => {
          const { read, options } = await this.#list(request);
          const { filter, prefix } = request.common;
          const { rows } = readList(read.value, EVALUATIONS, { filter, prefix: prefix.toLowerCase() }, options);
          return json({ Count: rows.length, ...queryMeta(read) }, readHeaders(read));
        },
      }),
      defineRoute({
        path: '/v1/evaluation/:id',
        methods: ['GET'],
        summary: 'One evaluation.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: READ_JOB,
        handle: async (request) => {
          const withRelated = flagParameter(request.query, 'related');
          const read = await readAround(deps.reads(), request, { table: EVALUATIONS, key: idOf(request) });
          const evaluation = await visibleEvaluation(request, read.value);
          if (evaluation === undefined) throw apiError('EVAL_NOT_FOUND');
          const related = withRelated ? relatedTo(read.value, evaluation) : [];
          return json(
            {
              ...EVALUATION_WIRE.encodeSparse(evaluation),
              ...(related.length === 0 ? {} : { RelatedEvals: related.map(encodeEvaluationStub) }),
            },
            readHeaders(read),
          );
        },
      }),
      defineRoute({
        path: '/v1/evaluation/:id/allocations',
        methods: ['GET'],
        summary: 'Allocations that an evaluation made or changed, in brief.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: READ_JOB,
        handle: async (request) => {
          const read = await readTables(deps.reads(), request, [ALLOCATIONS]);
          const isVisible = await visibleNamespaces(request, 'read-job');
          const stubs = [...read.value.find(ALLOCATIONS, 'evaluation', idOf(request))]
            .filter(({ namespace }) => isVisible(namespace))
            .map((each) => encodeAllocationStub(each, { taskStates: true, resources: false }));
          return json(stubs, readHeaders(read));
        },
      }),
    ];
  }

  async #list(request: ApiRequest) {
    const { query, common } = request;
    const [jobId, status] = [query.get('job'), query.get('status')];
    if (common.filter !== '' && (jobId !== '' || status !== '')) throw apiError('FILTER_CONFLICT');
    const read = await readTables(this.#deps.reads(), request, [EVALUATIONS]);
    const isVisible = await visibleNamespaces(request, 'read-job');
    const options: ListOptions<Evaluation> = {
      where: (row) =>
        isVisible(row.namespace) && (jobId === '' || row.jobId === jobId) && (status === '' || row.status === status),
      view: (row) => EVALUATION_WIRE.encode(row),
    };
    return { read, options };
  }

  async #delete(body: Buffer): Promise<Reply> {
    const { ids, filter } = DELETE_WIRE.decode(jsonBody(body), 'Request');
    if (ids.length > 0 && filter !== '') {
      throw apiError('EVALS_DELETE_REFUSED', 'evals cannot be deleted by both ID and filter');
    }
    if (ids.length === 0 && filter === '') {
      throw apiError('EVALS_DELETE_REFUSED', 'evals must be deleted by either ID or filter');
    }
    if (ids.length > MAX_DELETED) {
      throw apiError(
        'EVALS_DELETE_REFUSED',
        `request includes ${ids.length} evaluations IDs, must be ${MAX_DELETED} or fewer`,
      );
    }
    const deletes = this.#deps.deletes();
    const { index, value } = await (filter === '' ? deletes.byId(ids) : deletes.byFilter(filter));
    return json({ Count: value, Index: index }, { 'X-Nomad-Index': `${index}` });
  }
}

const idOf = ({ path }: Pick<ApiRequest, 'path'>): string => (path['id'] ?? '').toLowerCase();

/** One of a namespace that the caller may not read is as one that does not exist. */
async function visibleEvaluation(request: ApiRequest, snapshot: StateSnapshot): Promise<Evaluation | undefined> {
  const evaluation = snapshot.get(EVALUATIONS, idOf(request));
  if (evaluation === undefined) return undefined;
  const { acl } = await request.caller();
  return acl.allowNamespaceOperation(evaluation.namespace, 'read-job') ? evaluation : undefined;
}

/** Those that one led to or came from, over any number of steps, oldest first. */
function relatedTo(reader: StateReader, evaluation: Evaluation): readonly Evaluation[] {
  const found = new Map<string, Evaluation>([[evaluation.id, evaluation]]);
  for (const { nextEval, previousEval, blockedEval } of found.values()) {
    for (const id of [nextEval, previousEval, blockedEval]) {
      const row = id === '' || found.has(id) ? undefined : reader.get(EVALUATIONS, id);
      if (row !== undefined) found.set(id, row);
    }
  }
  found.delete(evaluation.id);
  return [...found.values()].toSorted((a, b) => a.createIndex - b.createIndex);
}

const STUB_FIELDS = [
  'ID',
  'Namespace',
  'Priority',
  'Type',
  'TriggeredBy',
  'JobID',
  'NodeID',
  'DeploymentID',
  'Status',
  'StatusDescription',
  'WaitUntil',
  'NextEval',
  'PreviousEval',
  'BlockedEval',
  'CreateIndex',
  'ModifyIndex',
  'CreateTime',
  'ModifyTime',
];

function encodeEvaluationStub(evaluation: Evaluation) {
  const wire = EVALUATION_WIRE.encode(evaluation);
  return Object.fromEntries(STUB_FIELDS.map((name) => [name, wire[name]]));
}
