import type { Profiler, ProfileResult } from '@steppe/profiling';
import { parseProfileInteger } from '@steppe/profiling';
import { apiError } from '../http/api-error.js';
import type { Reply } from '../http/reply/reply.js';
import { bytes } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { targetQuery } from './target-query.js';

/** `GET /v1/agent/pprof/*`: runtime profiles of an agent. */
export class PprofRoutes implements HttpRouteContribution {
  readonly routes;

  constructor({ profiler }: { readonly profiler: Profiler }) {
    this.routes = [
      defineRoute({
        path: '/v1/agent/pprof/*',
        methods: 'any',
        summary: 'Runtime profiles: cmdline, profile, trace, and named ones such as heap.',
        commonParameters: true,
        acl: { requires: ['AgentWrite', 'AgentDebug'], tokenErrors: 'denied' },
        validateFirst: true,
        parameters: (query, path) => {
          const name = path['*'] ?? '';
          if (name === '') throw apiError('PPROF_ROOT');
          const target = targetQuery(query);
          if (target.nodeId !== '' && target.serverId !== '') throw apiError('TARGETS_CONFLICT');
          return {
            name,
            target,
            // Nomad: these three never fail; what is no integer counts as 0.
            seconds: parseProfileInteger(query.get('seconds')),
            debug: parseProfileInteger(query.get('debug')),
            gc: parseProfileInteger(query.get('gc')),
          };
        },
        // Nomad: a client agent that is not told whom to profile profiles a server.
        answeredBy: { kind: 'agent', name: ({ target }) => target, unnamed: 'server' },
        handle: async ({ parameters: { name, seconds, debug, gc }, signal }) => {
          switch (name) {
            case 'cmdline':
              return reply(profiler.cmdline());
            case 'profile':
              return reply(await profiler.profile({ seconds, signal }));
            case 'trace':
              return reply(await profiler.trace({ seconds, signal }));
            default:
              return reply(await profiler.lookup(name, { debug, gc, signal }));
          }
        },
      }),
    ];
  }
}

function reply({ bytes: body, contentKind, filename }: ProfileResult): Reply {
  const nosniff = { 'X-Content-Type-Options': 'nosniff' };
  if (contentKind === 'text') return bytes(body, { ...nosniff, 'Content-Type': 'text/plain; charset=utf-8' });
  return bytes(body, {
    ...nosniff,
    'Content-Disposition': `attachment; filename="${filename}"`,
    'Content-Type': 'application/octet-stream',
  });
}
