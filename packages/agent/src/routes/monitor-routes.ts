import { errorMessage, goQuote, parseGoBool, parseGoDuration } from '@steppe/domain';
import type { LogExporter, LogHub } from '@steppe/log-stream';
import { MonitorStream, validateServiceName } from '@steppe/log-stream';
import type { Clock, LogLevel } from '@steppe/runtime';
import { parseLogLevel } from '@steppe/runtime';
import type { AgentName, AnsweredBy } from '../http/answered-by.js';
import { apiError } from '../http/api-error.js';
import { stream } from '../http/reply/reply.js';
import type { Query } from '../http/request/query.js';
import type { AclRule } from '../http/acl-rule.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { targetQuery } from './target-query.js';

export interface MonitorRoutesDeps {
  readonly hub: LogHub;
  readonly exporter: LogExporter;
  readonly clock: Clock;
}

// Differs from Nomad: a credential that does not resolve is 403, not an empty stream.
const READ_LOGS: AclRule = { requires: ['AgentRead'], tokenErrors: 'denied' };
const DEFAULT_SINCE = '72h';
/** Nomad: on these routes a server that cannot be found is a bad request. */
const LOGGING_AGENT: AnsweredBy<{ readonly target: AgentName }> = {
  kind: 'agent',
  name: ({ target }) => target,
  unnamed: 'this-agent',
  unknownServer: 'TARGET_REFUSED',
};

/** `GET /v1/agent/monitor` (live logs) and `/v1/agent/monitor/export` (past ones). */
export class MonitorRoutes implements HttpRouteContribution {
  readonly routes;

  constructor({ hub, exporter, clock }: MonitorRoutesDeps) {
    this.routes = [
      defineRoute({
        path: '/v1/agent/monitor',
        methods: 'any',
        summary: 'Live log of an agent.',
        commonParameters: true,
        acl: READ_LOGS,
        validateFirst: true,
        parameters: parseMonitor,
        answeredBy: LOGGING_AGENT,
        handle: ({ parameters }) => {
          const monitor = new MonitorStream(parameters, { hub, clock });
          return stream(contentType(parameters.plain), (sink, options) => monitor.run(sink, options));
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
        handle: async ({ parameters, signal }) => {
          const { source, request, plain } = parameters;
          const log = await exporter.open(source, request, { signal });
          return stream(contentType(plain), (sink, options) => log.run(sink, { ...options, plain }));
        },
      }),
    ];
  }
}

const contentType = (plain: boolean): string => (plain ? 'text/plain' : 'application/json');

function parseMonitor(query: Query) {
  const level = parseLevel(query.get('log_level'));
  const json = parseOption(query, 'log_json', 'log json');
  const plain = parseOption(query, 'plain', 'plain');
  const location = parseOption(query, 'log_include_location', 'log_include_location');
  return { level, json, plain, location, target: parseTarget(query) };
}

function parseLevel(text: string): LogLevel {
  if (text === '') return 'info';
  const level = parseLogLevel(text);
  if (level === undefined) throw apiError('LOG_LEVEL_UNKNOWN', text);
  return level;
}

const boolError = (text: string): string => `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`;

function parseOption(query: Query, name: string, label: string): boolean {
  const text = query.get(name);
  const value = text === '' ? false : parseGoBool(text);
  if (value === undefined) throw apiError('LOG_OPTION_INVALID', label, boolError(text));
  return value;
}

function parseExportOption(query: Query, name: string, label: string): boolean {
  const text = query.get(name);
  const value = text === '' ? false : parseGoBool(text);
  if (value === undefined) {
    const reason = `Failed to parse value of "${name}" (${text}) as a bool: ${boolError(text)}`;
    throw apiError('EXPORT_OPTION_INVALID', label, reason);
  }
  return value;
}

/** The order of these checks is the reference's. */
function parseExport(query: Query) {
  const onDisk = parseExportOption(query, 'on_disk', 'on-disk');
  const follow = parseExportOption(query, 'follow', 'follow');
  const plain = parseExportOption(query, 'plain', 'plain');
  const sinceNanoseconds = parseSince(query.get('logs_since'));
  const target = parseTarget(query);
  const serviceName = query.get('service_name');
  if (onDisk && serviceName !== '') throw apiError('EXPORT_SOURCES_CONFLICT');
  if (!onDisk && serviceName === '') throw apiError('EXPORT_SOURCE_MISSING');
  if (onDisk && follow) throw apiError('EXPORT_FOLLOW_FILE');
  if (!onDisk) demandServiceName(serviceName);
  return {
    source: onDisk ? 'on_disk' : 'service_name',
    request: { serviceName, sinceNanoseconds, follow },
    plain,
    target,
  };
}

function parseSince(text: string): bigint {
  try {
    return parseGoDuration(text === '' ? DEFAULT_SINCE : text);
  } catch (error) {
    throw apiError('EXPORT_OPTION_INVALID', 'logs-since', errorMessage(error));
  }
}

function demandServiceName(name: string): void {
  try {
    validateServiceName(name);
  } catch (error) {
    throw apiError('EXPORT_SERVICE_NAME_INVALID', errorMessage(error));
  }
}

function parseTarget(query: Query): AgentName {
  const target = targetQuery(query);
  if (target.nodeId !== '' && target.serverId !== '') throw apiError('TARGETS_CONFLICT');
  return target;
}
