import type { Reply } from './reply/reply.js';
import type { AnyHttpRoute } from './route.js';

/** A route that is read, as it answers `HEAD`: with what tells of the body, and without the body. */
export function headRoute(route: AnyHttpRoute): AnyHttpRoute {
  return { ...route, handle: async (request) => withoutBody(await route.handle(request)) };
}

/** Bodies that have an end are left to whoever sends them; a stream may have none, so its reader is gone from the start. */
function withoutBody(reply: Reply): Reply {
  if (reply.kind !== 'stream') return reply;
  const signal = AbortSignal.abort(new Error('nobody reads the body'));
  return { ...reply, run: (sink) => reply.run(sink, { signal }) };
}
