import type { Clock, Logger, Metrics } from '@steppe/runtime';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AGENT_METRICS } from '../metrics/agent-metrics.js';
import type { ApiAnswers } from './api-answers.js';
import { corsHeaders, isPreflight } from './cors.js';
import { isCanonical, redirectTarget, redirectTo } from './redirect.js';
import { chooseEncoding } from './reply/content-encoding.js';
import type { Reply, ReplyHeaders } from './reply/reply.js';
import { empty } from './reply/reply.js';
import { setHeaders, writeReply } from './reply/reply-writer.js';
import { HttpCall } from './request/api-call.js';
import { Query } from './request/query.js';
import { RequestSignals } from './request/request-signals.js';
import type { PathMatch, RouteTable } from './route-table.js';

export interface ApiDispatcherOptions {
  /** `http_api_response_headers`: on every answer of a route, errors included. */
  readonly responseHeaders: ReplyHeaders;
}

export interface ApiDispatcherDeps {
  readonly table: RouteTable;
  readonly answers: ApiAnswers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Brings HTTP requests to their answers. A request that is no route's is left to whoever comes next. */
export class ApiDispatcher {
  readonly #options: ApiDispatcherOptions;
  readonly #deps: ApiDispatcherDeps;
  readonly #signals = new RequestSignals();

  constructor(options: ApiDispatcherOptions, deps: ApiDispatcherDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Ends every running stream and long poll; later requests are aborted from the start. */
  stop(): void {
    this.#signals.stop();
  }

  /** @returns false when the path is not this API's; nothing has been written then */
  handle(incoming: IncomingMessage, res: ServerResponse): boolean {
    const url = incoming.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    const search = mark === -1 ? '' : url.slice(mark + 1);
    res.setHeader('Vary', 'Accept-Encoding');
    // A path that is not in its clean form is redirected even where a subtree would take it.
    const match = isCanonical(path) ? this.#deps.table.match(path) : undefined;
    if (match === undefined) {
      const target = redirectTarget(path, (candidate) => this.#deps.table.isSubtreeRoot(candidate));
      if (target === undefined) return false;
      this.#write(incoming, res, Query.EMPTY, redirectTo(incoming.method ?? '', target, search));
      return true;
    }
    const started = this.#deps.clock.monotonic();
    const { cors } = match.entry;
    if (cors) setHeaders(res, corsHeaders(incoming));
    // Those of the operator win.
    setHeaders(res, this.#options.responseHeaders);
    res.once('close', () => this.#complete(incoming, path, search, match, started));
    if (cors && isPreflight(incoming)) {
      this.#write(incoming, res, Query.EMPTY, empty(204));
      return true;
    }
    const query = search === '' ? Query.EMPTY : new Query(search);
    const call = new HttpCall(incoming, { signal: () => this.#signals.of(res) });
    this.#write(incoming, res, query, this.#deps.answers.answer(call, match, query));
    return true;
  }

  /** What a request with a method that HTTP parsers refuse is answered. */
  refuseMethod(path: string): Reply | undefined {
    const match = this.#deps.table.match(path);
    return match === undefined ? undefined : this.#deps.answers.refuseMethod(match);
  }

  #write(incoming: IncomingMessage, res: ServerResponse, query: Query, reply: Reply | Promise<Reply>): void {
    const options = {
      pretty: query.pretty,
      encoding: chooseEncoding(incoming.headers),
      signal: () => this.#signals.of(res),
    };
    if (!('then' in reply)) void writeReply(res, reply, options);
    else void reply.then((settled) => writeReply(res, settled, options));
  }

  #complete(incoming: IncomingMessage, path: string, search: string, match: PathMatch, started: number): void {
    const { clock, logger, metrics } = this.#deps;
    const seconds = (clock.monotonic() - started) / 1_000;
    metrics.addSample(AGENT_METRICS.httpRequest, seconds, { route: match.entry.path });
    if (!logger.isEnabled('debug')) return;
    logger.debug('request complete', {
      method: incoming.method,
      path: search === '' ? path : `${path}?${search}`,
      duration: `${(seconds * 1_000).toFixed(3)}ms`,
    });
  }
}
