import type { HealthMonitor, HealthReport } from '../health/health-monitor.js';
import type { Reply } from '../http/reply/reply.js';
import { json, plainText } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';

type Role = 'client' | 'server';
const isRole = (text: string): text is Role => text === 'client' || text === 'server';

/** `GET /v1/agent/health`: for probes and load balancers, without any token. */
export class HealthRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(options: { readonly region: string }, { monitor }: { readonly monitor: HealthMonitor }) {
    this.routes = [
      defineRoute({
        path: '/v1/agent/health',
        methods: ['GET'],
        summary: 'Health of the agent’s roles: 200 when all are healthy, else 500.',
        commonParameters: true,
        acl: undefined,
        parameters: (query) => ({
          roles: query.has('type') ? [...new Set(query.all('type').filter(isRole))] : undefined,
        }),
        handle: ({ parameters, common }) => {
          // Nomad: the leader check goes to the region asked for, so an unknown one makes the server part unhealthy.
          const elsewhere = common.region !== '' && common.region !== options.region;
          const answer = (report: HealthReport): Reply =>
            reply(elsewhere && report.server?.ok ? withoutRegion(report) : report);
          const report = monitor.report({ roles: parameters.roles, stale: common.stale });
          return report instanceof Promise ? report.then(answer) : answer(report);
        },
      }),
    ];
  }
}

const withoutRegion = (report: HealthReport): HealthReport => ({
  ...report,
  server: { ok: false, message: 'No path to region' },
});

function reply(report: HealthReport): Reply {
  const parts = (['client', 'server'] as const).flatMap((role) => {
    const health = report[role];
    return health === undefined ? [] : [{ role, health }];
  });
  if (parts.every(({ health }) => health.ok)) return json(report);
  // Nomad: unhealthy is a 500 of type text with a JSON body of fixed key order.
  const body = parts.map(
    ({ role, health }) => `"${role}":{"ok":${health.ok},"message":${JSON.stringify(health.message)}}`,
  );
  return plainText(500, `{${body.join(',')}}`);
}
