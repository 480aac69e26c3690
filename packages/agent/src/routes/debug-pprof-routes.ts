import { errorMessage, escapeHtml, isSteppeError, parseGoInt } from '@steppe/domain';
import type { Profiler } from '@steppe/profiling';
import { decodePprof, parseProfileInteger } from '@steppe/profiling';
import type { ApiRequest } from '../http/request/api-request.js';
import type { Query } from '../http/request/query.js';
import type { Reply } from '../http/reply/reply.js';
import { bytes } from '../http/reply/reply.js';
import type { AnyHttpRoute, HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { profileReply } from './profile-reply.js';

/** Go: what a CPU profile without `seconds` takes. */
const PROFILE_SECONDS = 30;
const TRACE_SECONDS = 1;

/** An error in the way of Go's own handler: with a line break and a header that tells where it comes from. */
class PprofFailure extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/**
 * `/debug/pprof/*`: the addresses every tool for Go's profiles knows, without any ACL. Only for an agent that was started
 * with `enable_debug`; without it they do not exist.
 * @see https://pkg.go.dev/net/http/pprof
 */
export class DebugPprofRoutes implements HttpRouteContribution {
  readonly routes: readonly AnyHttpRoute[];
  readonly #profiler: Profiler;

  constructor({ enabled }: { readonly enabled: boolean }, { profiler }: { readonly profiler: Profiler }) {
    this.#profiler = profiler;
    const route = defineRoute({
      path: '/debug/pprof/*',
      methods: 'any',
      summary: 'The same profiles where tools for Go look for them; only with enable_debug.',
      acl: undefined,
      handle: (request: ApiRequest<undefined>) => this.#answer(request),
    });
    this.routes = enabled ? [route] : [];
  }

  async #answer({ path, query, signal }: ApiRequest<undefined>): Promise<Reply> {
    const name = path['*'] ?? '';
    try {
      switch (name) {
        case '':
          return await this.#index();
        case 'cmdline':
          return profileReply(this.#profiler.cmdline());
        case 'symbol':
          return bytes('num_symbols: 1\n', { 'Content-Type': 'text/plain; charset=utf-8' });
        case 'profile': {
          const seconds = Number(parseGoInt(query.get('seconds')) ?? 0n);
          const options = { seconds: seconds > 0 ? seconds : PROFILE_SECONDS, signal };
          return await started('CPU profiling', async () => profileReply(await this.#profiler.profile(options)));
        }
        case 'trace': {
          const seconds = Number(query.get('seconds'));
          const options = { seconds: seconds > 0 ? seconds : TRACE_SECONDS, signal };
          return await started('tracing', async () => profileReply(await this.#profiler.trace(options)));
        }
        default:
          return await this.#lookup(name, query, signal);
      }
    } catch (error) {
      if (!(error instanceof PprofFailure)) throw error;
      const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Go-Pprof': '1' };
      return bytes(`${error.message}\n`, headers, error.status);
    }
  }

  async #lookup(name: string, query: Query, signal: AbortSignal): Promise<Reply> {
    if (!this.#profiler.names.includes(name)) throw new PprofFailure(404, 'Unknown profile');
    const debug = parseProfileInteger(query.get('debug'));
    const gc = parseProfileInteger(query.get('gc'));
    const deltaSeconds = deltaOf(query, debug);
    return profileReply(await this.#profiler.lookup(name, { debug, gc, deltaSeconds, signal }));
  }

  async #index(): Promise<Reply> {
    const rows: string[] = [];
    for (const name of this.#profiler.names) {
      const { samples } = decodePprof((await this.#profiler.lookup(name)).bytes);
      const count = samples.reduce((sum, { values }) => sum + (values[0] ?? 0), 0);
      const title = escapeHtml(name);
      rows.push(`<tr><td>${count}<td><a href="${title}?debug=1">${title}</a>`);
    }
    const page = `<!doctype html>
<title>/debug/pprof/</title>
<h1>/debug/pprof/</h1>
<table><tr><th>Count<th>Profile
${rows.join('\n')}
</table>
<p><a href="cmdline">cmdline</a>, <a href="profile">profile</a> (CPU, ${PROFILE_SECONDS} s or <code>seconds</code>),
<a href="trace">trace</a> (${TRACE_SECONDS} s or <code>seconds</code>)</p>
`;
    return bytes(page, { 'Content-Type': 'text/html; charset=utf-8', 'X-Content-Type-Options': 'nosniff' });
  }
}

/** Go: with `seconds`, a lookup tells what changed meanwhile. 0 is without. */
function deltaOf(query: Query, debug: number): number {
  const text = query.get('seconds');
  if (text === '') return 0;
  const seconds = Number(parseGoInt(text) ?? 0n);
  if (seconds <= 0) throw new PprofFailure(400, 'invalid value for "seconds" - must be a positive integer');
  if (debug !== 0) throw new PprofFailure(400, 'seconds and debug params are incompatible');
  return seconds;
}

async function started(what: string, capture: () => Promise<Reply>): Promise<Reply> {
  try {
    return await capture();
  } catch (error) {
    if (!isSteppeError(error)) throw error;
    throw new PprofFailure(500, `Could not enable ${what}: ${errorMessage(error)}`);
  }
}
