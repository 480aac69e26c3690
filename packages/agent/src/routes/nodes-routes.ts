import type { Node } from '@steppe/domain';
import { encodeNode, encodeNodeResources, encodeNodeStub, parseGoBool } from '@steppe/domain';
import type { ClusterView, StateRead } from '../cluster/cluster-view.js';
import { LEADER_OF_REGION } from '../http/answered-by.js';
import { apiError } from '../http/api-error.js';
import { json } from '../http/reply/reply.js';
import type { ReplyHeaders } from '../http/reply/reply.js';
import type { CommonParameters } from '../http/request/common-parameters.js';
import type { AclRule } from '../http/acl-rule.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { blockingReadOptions } from './read-options.js';

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
          if (common.filter !== '') throw apiError('FILTER_UNSUPPORTED');
          const read = await view().nodes(blockingReadOptions(request));
          const { rows, next } = page(read.value, common);
          const stubs = rows.map((node) => ({
            ...encodeNodeStub(node),
            ...(parameters.resources ? encodeNodeResources(node) : {}),
            ...(parameters.os ? { Attributes: { 'os.name': node.attributes['os.name'] ?? '' } } : {}),
          }));
          return json(stubs, readHeaders(read, next));
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

/** The rows asked for, in order of id, and the id the next page starts at. */
function page(nodes: readonly Node[], { prefix, reverse, nextToken, perPage }: CommonParameters) {
  const matching = nodes.filter((node) => node.id.startsWith(prefix.toLowerCase()));
  const ordered = reverse ? matching.toReversed() : matching;
  const from = nextToken === '' ? 0 : ordered.findIndex(({ id }) => (reverse ? id <= nextToken : id >= nextToken));
  const rest = from === -1 ? [] : ordered.slice(from);
  return { rows: perPage === 0 ? rest : rest.slice(0, perPage), next: perPage === 0 ? undefined : rest[perPage]?.id };
}

/** What every read of the state says of itself. */
function readHeaders({ index, knownLeader, lastContactMs }: StateRead<unknown>, next?: string): ReplyHeaders {
  return {
    'X-Nomad-Index': `${index}`,
    'X-Nomad-KnownLeader': `${knownLeader}`,
    'X-Nomad-LastContact': `${Math.trunc(lastContactMs)}`,
    ...(next === undefined ? {} : { 'X-Nomad-NextToken': next }),
  };
}
