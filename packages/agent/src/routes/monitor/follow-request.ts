import type { FeedDeps, FeedStart, FollowEncoding } from '@steppe/log-stream';
import { FollowStream } from '@steppe/log-stream';
import type { LogLevel } from '@steppe/runtime';
import { apiError } from '../../http/api-error.js';
import type { Reply } from '../../http/reply/reply.js';
import { stream } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import type { FollowParameters } from './follow-options.js';

interface Parameters extends FollowParameters {
  readonly level: LogLevel;
  readonly json: boolean;
  readonly plain: boolean;
  readonly location: boolean;
}

const CONTENT_TYPES: Readonly<Record<FollowEncoding, string>> = {
  frames: 'application/json',
  plain: 'text/plain',
  events: 'text/event-stream',
  ndjson: 'application/x-ndjson',
};

/**
 * The answer to a request for a log beyond the reference; `undefined` for one that asks for nothing of that kind.
 * @throws LOG_OPTION_INVALID, LOG_RING_DISABLED
 */
export function followReply(request: ApiRequest<Parameters>, deps: FeedDeps): Reply | undefined {
  const { parameters } = request;
  const accepted = acceptedEncoding(request.header('accept'));
  const resumed = resumedAt(request.header('last-event-id'));
  if (!parameters.isAsked && accepted === undefined && resumed === undefined) return undefined;
  const start = startOf(parameters, resumed, deps);
  const { level, json, location, tail, follow, loggers, fields, text, pattern } = parameters;
  const encoding = accepted ?? (parameters.plain ? 'plain' : 'frames');
  const log = new FollowStream(
    {
      level,
      json,
      location,
      start,
      follow,
      encoding,
      ...(tail === undefined || resumed !== undefined ? {} : { tail }),
      ...(loggers === undefined ? {} : { loggers }),
      ...(fields === undefined ? {} : { fields }),
      ...(text === undefined ? {} : { text }),
      ...(pattern === undefined ? {} : { pattern }),
    },
    deps,
  );
  return stream(CONTENT_TYPES[encoding], (sink, options) => log.run(sink, options));
}

/** The first of our own forms that is named; no other form is. */
function acceptedEncoding(accept: string): 'events' | 'ndjson' | undefined {
  for (const element of accept.split(',')) {
    const type = element.replace(/;.*/s, '').trim().toLowerCase();
    if (type === CONTENT_TYPES.events) return 'events';
    if (type === CONTENT_TYPES.ndjson) return 'ndjson';
  }
  return undefined;
}

/** Number of the last record that the reader of an event stream has seen. */
function resumedAt(id: string): number | undefined {
  if (id === '') return undefined;
  if (!/^\d{1,16}$/.test(id) || !Number.isSafeInteger(Number(id))) {
    throw apiError(
      'LOG_OPTION_INVALID',
      'Last-Event-ID',
      `it must be the number of a record, got ${JSON.stringify(id)}`,
    );
  }
  return Number(id);
}

function startOf(
  { since, tail, follow }: Parameters,
  resumed: number | undefined,
  { clock, history }: Pick<FeedDeps, 'clock' | 'history'>,
): FeedStart {
  // Whoever comes back wants what comes next, whatever the first request began with.
  const start = resumed === undefined ? since : ({ kind: 'sequence', sequence: resumed + 1 } as const);
  const wantsPast =
    !follow || (start !== undefined && !('kind' in start && start.kind === 'sequence')) || (tail ?? 0) > 0;
  // By number one can tell what is missing even where nothing is kept.
  if (wantsPast && history === undefined) throw apiError('LOG_RING_DISABLED');
  if (start === undefined) return { kind: follow || tail !== undefined ? 'now' : 'oldest' };
  return 'ago' in start ? { kind: 'time', unixMs: clock.now() - start.ago } : start;
}
