import type { Clock, Logger, Metrics } from '@steppe/runtime';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AGENT_METRICS } from '../metrics/agent-metrics.js';
import type { AclGate } from './acl-gate.js';
import { apiError } from './api-error.js';
import type { HttpErrorMapper } from './error-mapper.js';
import { isCanonical, redirectTarget, redirectTo } from './redirect.js';
import { chooseEncoding } from './reply/content-encoding.js';
import type { Reply } from './reply/reply.js';
import { plainText } from './reply/reply.js';
import { writeReply } from './reply/reply-writer.js';
import { ApiRequest } from './request/api-request.js';
import type { CommonParameters } from './request/common-parameters.js';
import { parseCommonParameters } from './request/common-parameters.js';
import { presentedToken } from './request/presented-token.js';
import { Query } from './request/query.js';
import { RequestSignals } from './request/request-signals.js';
import type { AnyHttpRoute } from './route.js';
import type { PathMatch, RouteTable } from './route-table.js';

export interface ApiDispatcherOptions {
  readonly region: string;
  readonly roles: { readonly server: boolean; readonly client: boolean };
  /** `http_api_response_headers`: on every answer of a route, errors included. */
  readonly responseHeaders: Readonly<Record<string, string>>;
}

export interface ApiDispatcherDeps {
  readonly table: RouteTable;
  readonly gate: AclGate;
  readonly errors: HttpErrorMapper;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const DEFAULT_COMMON: CommonParameters = Object.freeze(parseCommonParameters(Query.EMPTY));

/**
 * Takes every request of the API through the one path it has: find the route, check, handle, answer.
 * A request that is no route's is left to whoever comes next.
 */
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
      this.#answer(incoming, res, Query.EMPTY, redirectTo(incoming.method ?? '', target, search));
      return true;
    }
    const started = this.#deps.clock.monotonic();
    for (const name in this.#options.responseHeaders)
      res.setHeader(name, this.#options.responseHeaders[name] as string);
    res.once('close', () => this.#complete(incoming, path, search, match, started));
    const query = search === '' ? Query.EMPTY : new Query(search);
    this.#answer(incoming, res, query, this.#reply(incoming, res, match, query));
    return true;
  }

  /** What a request with a method that HTTP parsers refuse is answered. */
  refuseMethod(path: string): Reply | undefined {
    const match = this.#deps.table.match(path);
    return match === undefined ? undefined : this.#fail(this.#methodError(match));
  }

  #answer(incoming: IncomingMessage, res: ServerResponse, query: Query, reply: Reply | Promise<Reply>): void {
    const options = {
      pretty: query.pretty,
      encoding: chooseEncoding(incoming.headers),
      signal: () => this.#signals.of(res),
    };
    if (!('then' in reply)) void writeReply(res, reply, options);
    else void reply.then((settled) => writeReply(res, settled, options));
  }

  #reply(incoming: IncomingMessage, res: ServerResponse, match: PathMatch, query: Query): Reply | Promise<Reply> {
    try {
      const reply = this.#dispatch(incoming, res, match, query);
      return 'then' in reply ? reply.catch((error: unknown) => this.#fail(error)) : reply;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #dispatch(incoming: IncomingMessage, res: ServerResponse, { entry, parameters: path }: PathMatch, query: Query) {
    const route = entry.any ?? entry.byMethod.get(incoming.method ?? '');
    if (route === undefined) throw this.#methodError({ entry, parameters: path });
    this.#demandRole(route);
    const early = route.validateFirst === true ? route.parameters?.(query, path) : undefined;
    const common = this.#commonParameters(route, query);
    const token = presentedToken(incoming.headers);
    const proceed = (): Reply | Promise<Reply> => {
      const parameters = (route.validateFirst === true ? early : route.parameters?.(query, path)) as never;
      return route.handle(
        new ApiRequest<never>(
          incoming,
          { path, query, common, parameters },
          {
            signal: () => this.#signals.of(res),
            allows: (capability) => this.#deps.gate.allows(capability, token),
          },
        ),
      );
    };
    const checked = route.acl === undefined ? undefined : this.#deps.gate.check(route.acl, token);
    return checked === undefined ? proceed() : checked.then(proceed);
  }

  #commonParameters(route: AnyHttpRoute, query: Query): CommonParameters {
    if (route.commonParameters !== true || query === Query.EMPTY) return DEFAULT_COMMON;
    const common = parseCommonParameters(query);
    const elsewhere = common.region !== '' && common.region !== this.#options.region;
    if (route.forwardsToRegion === true && elsewhere) throw apiError('REGION_UNKNOWN');
    return common;
  }

  #demandRole({ role }: AnyHttpRoute): void {
    if (role !== undefined && !this.#options.roles[role.needs]) throw apiError(role.otherwise);
  }

  #methodError({ entry }: PathMatch): unknown {
    for (const route of entry.routes) {
      if (route.role?.beforeMethod === true && !this.#options.roles[route.role.needs]) {
        return apiError(route.role.otherwise);
      }
    }
    return apiError('INVALID_METHOD');
  }

  #fail(error: unknown): Reply {
    const { status, text } = this.#deps.errors.map(error);
    if (status >= 500) this.#deps.logger.error('request failed', { error, code: status });
    return plainText(status, text);
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
