import { formatRfc3339, isSteppeError, msToNanoseconds, nanosecondsToMs, parseGoDuration } from '@steppe/domain';
import type { LogHub } from '@steppe/log-stream';
import type { Logger, LogLevel } from '@steppe/runtime';
import { parseLogLevel } from '@steppe/runtime';
import { AGENT_READ, AGENT_WRITE } from '../http/acl-rule.js';
import { apiError } from '../http/api-error.js';
import type { Reply } from '../http/reply/reply.js';
import { json } from '../http/reply/reply.js';
import { decodeJsonObject } from '../http/request/body.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { LOGGING_AGENT } from './monitor/logging-agent.js';
import { parseTarget } from './monitor/log-options.js';

export interface LogLevelRoutesDeps {
  readonly hub: LogHub;
  readonly logger: Logger;
}

const DEFAULT_TTL = '10m';
const MAX_TTL_MS = 24 * 3_600_000;

/** `GET|PUT /v1/agent/log-level`: Steppe's own. Which loggers print at another level than the agent, and until when. */
export class LogLevelRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #hub: LogHub;

  constructor({ hub, logger }: LogLevelRoutesDeps) {
    this.#hub = hub;
    const common = {
      path: '/v1/agent/log-level',
      commonParameters: true,
      validateFirst: true,
      parameters: (query: Parameters<typeof parseTarget>[0]) => ({ target: parseTarget(query) }),
      answeredBy: LOGGING_AGENT,
    } as const;
    this.routes = [
      defineRoute({
        ...common,
        methods: ['GET'],
        summary: 'Level of an agent’s log, and those of single loggers that hold for a time.',
        acl: AGENT_READ,
        handle: () => this.#levels(),
      }),
      defineRoute({
        ...common,
        methods: ['PUT', 'POST'],
        summary: 'Let a logger and all below it print at another level, for a time.',
        acl: AGENT_WRITE,
        handle: async (request) => {
          const { loggerName, level, ttlMs } = decodeChange(await request.body());
          if (level === undefined) hub.clearLoggerLevel(loggerName);
          else set(hub, loggerName, level, ttlMs);
          logger.info('log level of a logger changes', {
            logger: loggerName,
            level: level ?? 'default',
            ...(level === undefined ? {} : { seconds: ttlMs / 1_000 }),
          });
          return this.#levels();
        },
      }),
    ];
  }

  #levels(): Reply {
    return json({
      Level: this.#hub.level.toUpperCase(),
      Loggers: this.#hub.loggerLevels.map(({ logger, level, expiresAt }) => ({
        Expires: formatRfc3339(msToNanoseconds(expiresAt)),
        Level: level.toUpperCase(),
        Logger: logger,
      })),
    });
  }
}

function set(hub: LogHub, logger: string, level: LogLevel, ttlMs: number): void {
  try {
    hub.setLoggerLevel(logger, level, ttlMs);
  } catch (error) {
    if (isSteppeError(error, 'LOGGER_LEVELS_FULL') || isSteppeError(error, 'LOGGER_NAME_INVALID')) {
      throw apiError('LOG_LEVEL_BODY_INVALID', error.message);
    }
    throw error;
  }
}

/** @throws BODY_EMPTY, BODY_INVALID, LOG_LEVEL_UNKNOWN, LOG_LEVEL_BODY_INVALID */
function decodeChange(body: Buffer) {
  const fields = decodeJsonObject(body);
  const text = (name: string, fallback: string): string => {
    const value = fields.get(name.toLowerCase()) ?? fallback;
    if (typeof value === 'string') return value;
    throw apiError('LOG_LEVEL_BODY_INVALID', `${name} must be a text, got ${JSON.stringify(value)}`);
  };
  const levelText = text('Level', '');
  const level = levelText === '' ? undefined : parseLogLevel(levelText);
  if (level === undefined && levelText !== '') throw apiError('LOG_LEVEL_UNKNOWN', levelText);
  return { loggerName: text('Logger', ''), level, ttlMs: parseTtl(text('TTL', DEFAULT_TTL)) };
}

function parseTtl(text: string): number {
  let ms = 0;
  try {
    ms = nanosecondsToMs(parseGoDuration(text));
  } catch {
    // Said below, as for a duration out of range.
  }
  if (ms > 0 && ms <= MAX_TTL_MS) return ms;
  throw apiError('LOG_LEVEL_BODY_INVALID', `TTL must be a duration from 1ms to 24h, got ${JSON.stringify(text)}`);
}
