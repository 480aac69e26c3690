import { apiError } from '../http/api-error.js';
import { json } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import type { HostData } from '../host/host-data.js';
import { hasTarget, targetQuery } from './target-query.js';

/** `GET /v1/agent/host`: facts about the machine under an agent. */
export class HostRoutes implements HttpRouteContribution {
  readonly routes;

  constructor({ read }: { readonly read: () => Promise<HostData> }) {
    this.routes = [
      defineRoute({
        path: '/v1/agent/host',
        methods: ['GET'],
        summary: 'Operating system, network, disks and redacted environment of an agent’s machine.',
        commonParameters: true,
        acl: { requires: ['AgentDebug'], tokenErrors: 'explained' },
        parameters: (query) => {
          const target = targetQuery(query);
          if (target.nodeId !== '' && target.serverId !== '') throw apiError('HOST_TARGETS_CONFLICT');
          return target;
        },
        answeredBy: { kind: 'agent', name: (name) => name, unnamed: 'this-agent' },
        handle: async ({ parameters, agentId }) => {
          const data = await read();
          // Nomad: without a target the data stands alone, and scripts read it so.
          return json(hasTarget(parameters) ? { AgentID: agentId, HostData: data } : data);
        },
      }),
    ];
  }
}
