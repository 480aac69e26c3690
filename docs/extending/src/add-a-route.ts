import type { HttpRouteContribution as HttpRouteContributionType } from '@steppe/agent';
import { defineRoute, json } from '@steppe/agent';
import { HttpRouteContribution } from '@steppe/agent/di';
import { ContainerModule } from 'inversify';

/** `GET /v1/acme/greeting?name=…`: an operation of your own, with the same checks, encodings and errors as ours. */
class GreetingRoutes implements HttpRouteContributionType {
  readonly routes = [
    defineRoute({
      path: '/v1/acme/greeting',
      methods: ['GET'],
      summary: 'Greets.',
      // Callers need the right to read agents once ACLs are on; `undefined` would leave the route open to everybody.
      acl: { requires: ['AgentRead'], tokenErrors: 'plain' },
      parameters: (query) => ({ name: query.get('name') || 'world' }),
      handle: ({ parameters }) => json({ Greeting: `Hello, ${parameters.name}!` }),
    }),
  ];
}

export const greetingModule = new ContainerModule(({ bind }) => {
  bind(HttpRouteContribution).toResolvedValue(() => new GreetingRoutes(), []);
});
