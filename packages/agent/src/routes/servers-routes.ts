import { apiError } from '../http/api-error.js';
import { empty, json } from '../http/reply/reply.js';
import type { HttpRouteContribution, RoleRule } from '../http/route.js';
import { AGENT_READ, AGENT_WRITE } from '../http/acl-rule.js';
import { defineRoute } from '../http/route.js';

/** The client's list of servers. */
export interface KnownServers {
  /** `ip:port` texts. */
  servers(): readonly string[];
  /** Pings all and keeps those that answer. Rejects with the collected causes when none does. */
  setServers(addresses: readonly string[]): Promise<void>;
}

const CLIENT_ROLE: RoleRule = { needs: 'client', otherwise: 'ROLE_MISSING' };

/** `GET` and `PUT /v1/agent/servers`: the servers this client talks to. */
export class ServersRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(client: () => KnownServers) {
    this.routes = [
      defineRoute({
        path: '/v1/agent/servers',
        methods: ['GET'],
        summary: 'RPC addresses of the servers this client uses.',
        role: CLIENT_ROLE,
        acl: AGENT_READ,
        handle: () => json(client().servers().toSorted()),
      }),
      defineRoute({
        path: '/v1/agent/servers',
        methods: ['PUT', 'POST'],
        summary: 'Replace the servers this client uses by those of the given ones that answer.',
        role: CLIENT_ROLE,
        acl: AGENT_WRITE,
        // Nomad: the missing address is reported before the token is looked at.
        validateFirst: true,
        parameters: (query) => {
          const addresses = query.all('address');
          if (addresses.length === 0) throw apiError('SERVER_ADDRESS_MISSING');
          return { addresses };
        },
        handle: async ({ parameters }) => {
          await client().setServers(parameters.addresses);
          return empty();
        },
      }),
    ];
  }
}
