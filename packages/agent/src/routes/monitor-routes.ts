import type { LogExporter, LogHistory, LogHub } from '@steppe/log-stream';
import { MonitorStream } from '@steppe/log-stream';
import type { Clock } from '@steppe/runtime';
import type { AclRule } from '../http/acl-rule.js';
import { stream } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { parseFollow } from './monitor/follow-options.js';
import { followReply } from './monitor/follow-request.js';
import { LOGGING_AGENT } from './monitor/logging-agent.js';
import { parseExport, parseMonitor } from './monitor/log-options.js';
import type { StreamSlotsOptions } from './stream-slots.js';
import { StreamSlots } from './stream-slots.js';

export interface MonitorRoutesDeps {
  readonly hub: LogHub;
  readonly exporter: LogExporter;
  /** `undefined` where no records are kept. */
  readonly history: LogHistory | undefined;
  readonly clock: Clock;
}

// Differs from Nomad: a credential that does not resolve is 403, not an empty stream.
const READ_LOGS: AclRule = { requires: ['AgentRead'], tokenErrors: 'denied' };
/** `GET /v1/agent/monitor` (live logs, with their past where it is kept) and `/v1/agent/monitor/export` (past ones). */
export class MonitorRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(options: StreamSlotsOptions, { hub, exporter, history, clock }: MonitorRoutesDeps) {
    const slots = new StreamSlots('log', options);
    this.routes = [
      defineRoute({
        path: '/v1/agent/monitor',
        methods: 'any',
        summary: 'Live log of an agent.',
        commonParameters: true,
        acl: READ_LOGS,
        validateFirst: true,
        parameters: (query) => ({ ...parseMonitor(query), ...parseFollow(query) }),
        answeredBy: LOGGING_AGENT,
        handle: async (request) => {
          const { level, json, plain, location } = request.parameters;
          const follow = followReply(request, { hub, clock, history });
          await slots.take(request);
          if (follow !== undefined) return follow;
          const monitor = new MonitorStream({ level, json, plain, location }, { hub, clock });
          return stream(contentType(plain), (sink, options) => monitor.run(sink, options));
        },
      }),
      defineRoute({
        path: '/v1/agent/monitor/export',
        methods: 'any',
        summary: 'Past log of an agent, from its log file or the system journal.',
        commonParameters: true,
        acl: READ_LOGS,
        validateFirst: true,
        parameters: parseExport,
        answeredBy: LOGGING_AGENT,
        handle: async (request) => {
          const { source, request: wanted, plain } = request.parameters;
          await slots.take(request);
          const log = await exporter.open(source, wanted, { signal: request.signal });
          return stream(contentType(plain), (sink, options) => log.run(sink, { ...options, plain }));
        },
      }),
    ];
  }
}

const contentType = (plain: boolean): string => (plain ? 'text/plain' : 'application/json');
