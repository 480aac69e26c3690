import { encodeNode } from '@steppe/domain';
import type { ClusterView } from '../cluster/cluster-view.js';
import { LEADER_OF_REGION } from '../http/answered-by.js';
import { apiError } from '../http/api-error.js';
import { json } from '../http/reply/reply.js';
import type { ApiRequest } from '../http/request/api-request.js';
import { NODE_READ, NODE_WRITE } from '../http/acl-rule.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import type { NodeAvailability } from '../nodes/node-availability.js';
import { decodeDrain, decodeEligibility } from './node-changes.js';
import { nodeChanged } from './node-changed.js';
import { nodeStub, nodeStubOptions } from './node-stub.js';
import { readHeaders } from './read-headers.js';
import { blockingReadOptions, listQuery } from './read-options.js';

export interface NodesRoutesDeps {
  readonly view: () => ClusterView;
  readonly availability: () => NodeAvailability;
}

/** `/v1/nodes` and `/v1/node/:id`: client nodes, their state, and whether they take work. */
export class NodesRoutes implements HttpRouteContribution {
  readonly routes;

  constructor({ view, availability }: NodesRoutesDeps) {
    this.routes = [
      defineRoute({
        path: '/v1/nodes',
        methods: ['GET'],
        summary: 'Client nodes of the region, in brief.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: NODE_READ,
        parameters: nodeStubOptions,
        handle: async (request) => {
          const { common, parameters } = request;
          // Ids are lower-case; a prefix may have been typed.
          const list = { ...listQuery(common), prefix: common.prefix.toLowerCase() };
          const read = await view().nodes(list, blockingReadOptions(request));
          const { rows, nextToken } = read.value;
          const stubs = rows.map((node) => nodeStub(node, parameters));
          return json(stubs, readHeaders(read, nextToken));
        },
      }),
      defineRoute({
        path: '/v1/node/:id',
        methods: ['GET'],
        summary: 'One client node in full.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: NODE_READ,
        handle: async (request) => {
          const read = await view().node(nodeId(request), blockingReadOptions(request));
          if (read.value === undefined) throw apiError('NODE_NOT_FOUND');
          return json(encodeNode(read.value), readHeaders(read));
        },
      }),
      defineRoute({
        path: '/v1/node/:id/eligibility',
        methods: ['PUT', 'POST'],
        summary: 'Let a node take new work, or no more of it.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: NODE_WRITE,
        handle: async (request) => {
          const eligibility = decodeEligibility(await request.body());
          return nodeChanged(await availability().setEligibility(nodeId(request), eligibility));
        },
      }),
      defineRoute({
        path: '/v1/node/:id/drain',
        methods: ['PUT', 'POST'],
        summary: 'Have a node give up its work, or keep it after all.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: NODE_WRITE,
        handle: async (request) => {
          const drain = decodeDrain(await request.body());
          return nodeChanged(await availability().setDrain(nodeId(request), drain));
        },
      }),
    ];
  }
}

const nodeId = ({ path }: Pick<ApiRequest, 'path'>): string => path['id'] ?? '';
