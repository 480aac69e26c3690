import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ReplyHeaders } from './reply/reply.js';

/** What pages of other origins may ask with. The reference allows no more on these routes. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * The reference names no origin, whoever asks: browsers let no page use the cookies or certificates of its user then, although
 * it says that credentials are allowed. A token in a header is no credential in that sense, and goes through.
 */
const ALLOWED: ReplyHeaders = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Credentials': 'true' };

/** Far above what browsers send; nobody is sent more than that back. */
const MAX_NAMES_LENGTH = 4_096;
/** Names of headers with commas between them. What is anything else is not sent back. */
const HEADER_NAMES = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+( *, *[!#$%&'*+.^_`|~0-9A-Za-z-]+)*$/;

type Asked = Pick<IncomingMessage, 'method' | 'headers'>;

/** Whether a browser asks what a page may do, before it lets the page do so. */
export function isPreflight({ method, headers }: Asked): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** What the answer of a route that has `cors` tells a browser, a preflight's answer, too. */
export function corsHeaders(asked: Asked): ReplyHeaders {
  const { method = '', headers } = asked;
  if (isPreflight(asked)) return { Vary: PREFLIGHT_VARY, ...preflightHeaders(headers) };
  const isAllowed = headers.origin !== undefined && METHODS.has(method);
  return { Vary: 'Accept-Encoding, Origin', ...(isAllowed ? ALLOWED : {}) };
}

const PREFLIGHT_VARY = 'Accept-Encoding, Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

/** Nothing at all where something is not allowed: that is how a browser is told. */
function preflightHeaders(headers: IncomingHttpHeaders): ReplyHeaders {
  const method = headers['access-control-request-method'] ?? '';
  const names = headers['access-control-request-headers'] ?? '';
  if (headers.origin === undefined || !METHODS.has(method)) return {};
  if (names !== '' && (names.length > MAX_NAMES_LENGTH || !HEADER_NAMES.test(names))) return {};
  return {
    ...ALLOWED,
    'Access-Control-Allow-Methods': method,
    ...(names === '' ? {} : { 'Access-Control-Allow-Headers': names }),
  };
}
