import { compilePattern, nanosecondsToMs, parseGoDuration, parseRfc3339 } from '@steppe/domain';
import type { FeedStart, LogFilterOptions } from '@steppe/log-stream';
import { apiError } from '../../http/api-error.js';
import type { Query } from '../../http/request/query.js';
import { parseOption } from './log-options.js';

/** What a request for a live log asks for beyond the reference. */
export interface FollowParameters extends LogFilterOptions {
  /** `ago`: that many milliseconds before now. `undefined`: not said. */
  readonly since: Exclude<FeedStart, { readonly kind: 'now' | 'oldest' }> | { readonly ago: number } | undefined;
  readonly tail: number | undefined;
  readonly follow: boolean;
  /** Whether any of this was asked for: if not, the stream is the reference's, byte for byte. */
  readonly isAsked: boolean;
}

const MAX_TAIL = 100_000;
const MAX_CONDITIONS = 16;
const FIELD = 'field.';
/** What makes a pattern of a text. */
const PATTERN_SIGN = /[\\^$.|?*+()[\]{}]/;

/**
 * `since`, `tail`, `follow`, `logger`, `grep` and `field.<key>`. Empty values are absent.
 * @throws LOG_OPTION_INVALID
 */
export function parseFollow(query: Query): FollowParameters {
  const since = parseSince(query.get('since'));
  const tail = parseTail(query.get('tail'));
  const follow = parseOption(query, 'follow', 'follow', true);
  const loggers = query.all('logger').filter((name) => name !== '');
  const fields = query.below(FIELD);
  for (const [label, list] of Object.entries({ logger: loggers, 'field.<key>': fields })) {
    if (list.length > MAX_CONDITIONS) throw invalid(label, `it may be given ${MAX_CONDITIONS} times at most`);
  }
  const grep = parseGrep(query.get('grep'));
  // A user interface that exists sends `follow=true`.
  const isAsked =
    since !== undefined ||
    tail !== undefined ||
    !follow ||
    loggers.length > 0 ||
    fields.length > 0 ||
    Object.keys(grep).length > 0;
  return { since, tail, follow, loggers, fields, ...grep, isAsked };
}

const invalid = (label: string, reason: string) => apiError('LOG_OPTION_INVALID', label, reason);

function parseSince(text: string): FollowParameters['since'] {
  if (text === '') return undefined;
  const sequence = /^seq:(\d{1,16})$/.exec(text)?.[1];
  if (sequence !== undefined && Number.isSafeInteger(Number(sequence))) {
    return { kind: 'sequence', sequence: Number(sequence) };
  }
  const ago = orUndefined(() => nanosecondsToMs(parseGoDuration(text)));
  if (ago !== undefined && ago >= 0) return { ago };
  const moment = orUndefined(() => nanosecondsToMs(parseRfc3339(text)));
  if (moment !== undefined) return { kind: 'time', unixMs: moment };
  throw invalid('since', `it must be a duration, an RFC 3339 time or seq:<number>, got ${JSON.stringify(text)}`);
}

function orUndefined(parse: () => number): number | undefined {
  try {
    return parse();
  } catch {
    // What is not of this form may be of another.
    return undefined;
  }
}

function parseTail(text: string): number | undefined {
  if (text === '') return undefined;
  if (!/^\d{1,6}$/.test(text) || Number(text) > MAX_TAIL) {
    throw invalid('tail', `it must be a number from 0 to ${MAX_TAIL}, got ${JSON.stringify(text)}`);
  }
  return Number(text);
}

function parseGrep(text: string): Pick<LogFilterOptions, 'text' | 'pattern'> {
  if (text === '') return {};
  if (!PATTERN_SIGN.test(text)) return { text };
  const pattern = compilePattern(text);
  if (pattern === undefined) throw invalid('grep', `it is no pattern that is understood: ${JSON.stringify(text)}`);
  return { pattern };
}
