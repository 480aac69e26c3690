import { ALLOCATIONS } from '@steppe/state';
import type { StateReads } from '../../cluster/state-reads.js';
import { NODE_READ, NODE_WRITE } from '../../http/acl-rule.js';
import { LEADER_OF_REGION } from '../../http/answered-by.js';
import { json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import type { NodeWork } from '../../jobs/node-work.js';
import { nodeChanged } from '../node-changed.js';
import { readHeaders } from '../read-headers.js';
import { fullAllocation } from './allocation-shapes.js';
import { readTables } from './scheduling-reads.js';

export interface NodeWorkRoutesDeps {
  readonly reads: () => StateReads;
  readonly work: () => NodeWork;
}

/** `/v1/node/:id/allocations`, `evaluate` and `purge`: what a node has to do. */
export class NodeWorkRoutes implements HttpRouteContribution {
  readonly routes;

  constructor({ reads, work }: NodeWorkRoutesDeps) {
    this.routes = [
      defineRoute({
        path: '/v1/node/:id/allocations',
        methods: ['GET'],
        summary: 'Allocations on a node in full, of the namespaces that the caller may read.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: NODE_READ,
        handle: async (request) => {
          const read = await readTables(reads(), request, [ALLOCATIONS]);
          const { acl } = await request.caller();
          const allocations = [...read.value.find(ALLOCATIONS, 'node', idOf(request))]
            .filter(({ namespace }) => acl.allowNamespaceOperation(namespace, 'read-job'))
            .toSorted((a, b) => a.createIndex - b.createIndex);
          return json(
            allocations.map((each) => fullAllocation(read.value, each)),
            readHeaders(read),
          );
        },
      }),
      defineRoute({
        path: '/v1/node/:id/evaluate',
        methods: ['PUT', 'POST'],
        summary: 'Have everything on a node looked at again.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: NODE_WRITE,
        handle: async (request) => nodeChanged(await work().evaluate(idOf(request))),
      }),
      defineRoute({
        path: '/v1/node/:id/purge',
        methods: ['PUT', 'POST'],
        summary: 'Forget a node.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: NODE_WRITE,
        handle: async (request) => nodeChanged(await work().purge(idOf(request))),
      }),
    ];
  }
}

const idOf = ({ path }: Pick<ApiRequest, 'path'>): string => (path['id'] ?? '').toLowerCase();
