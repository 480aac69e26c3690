import { encodeNode, encodeNodeResources, encodeNodeStub, parseGoBool } from '@steppe/domain';
import type { ClusterView } from '../cluster/cluster-view.js';
import { LEADER_OF_REGION } from '../http/answered-by.js';
import { apiError } from '../http/api-error.js';
import { json } from '../http/reply/reply.js';
import type { AclRule } from '../http/acl-rule.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { readHeaders } from './read-headers.js';
import { blockingReadOptions, listQuery } from './read-options.js';

const NODE_READ: AclRule = { requires: ['node:read'], tokenErrors: 'plain' };

/** `GET /v1/nodes` and `/v1/node/:id`: client nodes and their state. */
export class NodesRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(view: () => ClusterView) {
    this.routes = [
      defineRoute({
        path: '/v1/nodes',
        methods: ['GET'],
        summary: 'Client nodes of the region, in brief.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: NODE_READ,
        parameters: (query) => ({
          os: parseGoBool(query.get('os')) ?? false,
          resources: parseGoBool(query.get('resources')) ?? false,
        }),
        handle: async (request) => {
          const { common, parameters } = request;
          // Ids are lower-case; a prefix may have been typed.
          const list = { ...listQuery(common), prefix: common.prefix.toLowerCase() };
          const read = await view().nodes(list, blockingReadOptions(request));
          const { rows, nextToken } = read.value;
          const stubs = rows.map((node) => ({
            ...encodeNodeStub(node),
            ...(parameters.resources ? encodeNodeResources(node) : {}),
            ...(parameters.os ? { Attributes: { 'os.name': node.attributes['os.name'] ?? '' } } : {}),
          }));
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
          const read = await view().node(request.path['id'] ?? '', blockingReadOptions(request));
          if (read.value === undefined) throw apiError('NODE_NOT_FOUND');
          return json(encodeNode(read.value), readHeaders(read));
        },
      }),
    ];
  }
}
