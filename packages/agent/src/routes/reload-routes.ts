import { errorMessage } from '@steppe/domain';
import { empty } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import type { Reloader } from '../reload/reloader.js';

/** `PUT /v1/agent/reload`: the same as SIGHUP. */
export class ReloadRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(reloader: Reloader) {
    this.routes = [
      defineRoute({
        path: '/v1/agent/reload',
        methods: ['PUT', 'POST'],
        summary: 'Read the configuration again and take over what can change at run time.',
        acl: { requires: ['AgentWrite'], tokenErrors: 'explained' },
        handle: async () => {
          try {
            await reloader.reload();
          } catch (error) {
            throw new Error(`reloading config failed: ${errorMessage(error)}`, { cause: error });
          }
          return empty();
        },
      }),
    ];
  }
}
