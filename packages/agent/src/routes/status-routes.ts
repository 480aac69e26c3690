import type { ClusterView, ReadOptions } from '../cluster/cluster-view.js';
import { json } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { readOptions } from './read-options.js';

/** `GET /v1/status/leader`, `/v1/status/peers` and `/v1/regions`: open to everybody, bad tokens included. */
export class StatusRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(view: ClusterView) {
    const open = (path: string, summary: string, read: (options: ReadOptions) => Promise<unknown>, forwards: boolean) =>
      defineRoute({
        path,
        methods: ['GET'],
        summary,
        commonParameters: true,
        forwardsToRegion: forwards,
        acl: undefined,
        handle: async (request) => json(await read(readOptions(request))),
      });
    this.routes = [
      open('/v1/status/leader', 'RPC address of the leader.', (options) => view.leader(options), true),
      open('/v1/status/peers', 'RPC addresses of the servers of the region.', (options) => view.peers(options), true),
      open('/v1/regions', 'Regions with at least one alive server.', (options) => view.regions(options), false),
    ];
  }
}
