import type { Allocation } from '@steppe/domain';
import { ALLOCATION_WIRE } from '@steppe/domain';
import { ALLOCATIONS, creationOrder, readList } from '@steppe/state';
import type { StateStore } from '@steppe/state';
import type { StateReads } from '../../cluster/state-reads.js';
import { anyOf, decidedLater, inNamespace } from '../../http/acl-rule.js';
import { LEADER_OF_REGION } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import { json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import type { AllocationStops } from '../../jobs/allocation-stops.js';
import { readHeaders } from '../read-headers.js';
import { listQuery } from '../read-options.js';
import { encodeAllocationStub, fullAllocation } from './allocation-shapes.js';
import { flagParameter } from './job-requests.js';
import { readAround, readTables, visibleNamespaces } from './scheduling-reads.js';

export interface AllocationsRoutesDeps {
  readonly reads: () => StateReads;
  readonly state: () => StateStore;
  readonly stops: () => AllocationStops;
}

const READ_JOB = inNamespace('read-job');
const STOP = decidedLater('NsOpAnyOf(namespace of the allocation, alloc-lifecycle)');
const ORDER = creationOrder<Allocation>('created');

/** `/v1/allocations`, `/v1/allocation/:id` and stopping one. */
export class AllocationsRoutes implements HttpRouteContribution {
  readonly routes;

  constructor({ reads, state, stops }: AllocationsRoutesDeps) {
    this.routes = [
      defineRoute({
        path: '/v1/allocations',
        methods: ['GET'],
        summary: 'Allocations in brief, in the order in which they were made.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: READ_JOB,
        parameters: (query) => ({
          taskStates: query.get('task_states') === '' || flagParameter(query, 'task_states'),
          resources: flagParameter(query, 'resources'),
        }),
        handle: async (request) => {
          const { common, parameters } = request;
          const read = await readTables(reads(), request, [ALLOCATIONS]);
          const isVisible = await visibleNamespaces(request, 'read-job');
          const list = { ...listQuery(common), prefix: common.prefix.toLowerCase() };
          const { rows, nextToken } = readList(read.value, ALLOCATIONS, list, {
            order: ORDER,
            where: ({ namespace }) => isVisible(namespace),
            view: (row) => ALLOCATION_WIRE.encode(row),
          });
          return json(
            rows.map((row) => encodeAllocationStub(row, parameters)),
            readHeaders(read, nextToken),
          );
        },
      }),
      defineRoute({
        path: '/v1/allocation/:id',
        methods: ['GET'],
        summary: 'One allocation in full, with its version of the job.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: READ_JOB,
        handle: async (request) => {
          const read = await readAround(reads(), request, { table: ALLOCATIONS, key: idOf(request) });
          const allocation = read.value.get(ALLOCATIONS, idOf(request));
          const { acl } = await request.caller();
          // One of a namespace that the caller may not read is as one that does not exist.
          if (allocation === undefined || !acl.allowNamespaceOperation(allocation.namespace, 'read-job')) {
            throw apiError('ALLOC_NOT_FOUND');
          }
          return json(fullAllocation(read.value, allocation), readHeaders(read));
        },
      }),
      defineRoute({
        path: '/v1/allocation/:id/stop',
        methods: ['PUT', 'POST'],
        summary: 'Stop an allocation; its own namespace decides who may.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: STOP,
        handle: async (request) => {
          const options = {
            noShutdownDelay: flagParameter(request.query, 'no_shutdown_delay'),
            reschedule: flagParameter(request.query, 'reschedule'),
          };
          const allocation = state().snapshot().get(ALLOCATIONS, idOf(request));
          // Whoever may stop nothing learns nothing.
          await request.demand(anyOf(allocation?.namespace ?? '*', ['alloc-lifecycle']));
          const { index, value } = await stops().stop(idOf(request), options);
          return json({ EvalID: value, Index: index }, { 'X-Nomad-Index': `${index}` });
        },
      }),
    ];
  }
}

const idOf = ({ path }: Pick<ApiRequest, 'path'>): string => (path['id'] ?? '').toLowerCase();
