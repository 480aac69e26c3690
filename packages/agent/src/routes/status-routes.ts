import type { ClusterView, ReadOptions } from '../cluster/cluster-view.js';
import type { AnsweredBy } from '../http/answered-by.js';
import { ANY_SERVER, SERVER_OF_REGION } from '../http/answered-by.js';
import { json } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { readOptions } from './read-options.js';

/** `GET /v1/status/leader`, `/v1/status/peers` and `/v1/regions`: open to everybody, bad tokens included. */
export class StatusRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(view: () => ClusterView) {
    const open = (
      path: string,
      summary: string,
      answeredBy: AnsweredBy,
      read: (options: ReadOptions) => Promise<unknown>,
    ) =>
      defineRoute({
        path,
        methods: ['GET'],
        summary,
        commonParameters: true,
        answeredBy,
        acl: undefined,
        handle: async (request) => json(await read(readOptions(request))),
      });
    this.routes = [
      open('/v1/status/leader', 'RPC address of the leader.', SERVER_OF_REGION, (options) => view().leader(options)),
      open('/v1/status/peers', 'RPC addresses of the servers of the region.', SERVER_OF_REGION, (options) =>
        view().peers(options),
      ),
      open('/v1/regions', 'Regions with at least one alive server.', ANY_SERVER, (options) => view().regions(options)),
    ];
  }
}
