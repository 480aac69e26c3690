import { bytes } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';

const NO_UI = '<html><p>Nomad UI is disabled</p></html>';

/** `/ui/`: there is no web interface, which stock tools recognise by this page. */
export class UiRoutes implements HttpRouteContribution {
  readonly routes = [
    defineRoute({
      path: '/ui/*',
      methods: ['GET', 'HEAD'],
      summary: 'Says that there is no web interface.',
      acl: undefined,
      handle: () => bytes(NO_UI, { 'Content-Type': 'text/html; charset=utf-8' }),
    }),
  ];
}
