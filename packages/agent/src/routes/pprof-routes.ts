import { errorMessage, parseGoDuration } from '@steppe/domain';
import type { ProfileFormat, Profiler } from '@steppe/profiling';
import { parseProfileFormat, parseProfileInteger } from '@steppe/profiling';
import { apiError } from '../http/api-error.js';
import type { Query } from '../http/request/query.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { profileReply } from './profile-reply.js';
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
        // Nomad: whether an agent may be profiled without ACLs is its own setting, not that of the one that is asked.
        acl: {
          requires: ['AgentWrite', 'AgentDebug'],
          askedWhereAnswered: ['AgentDebug'],
          tokenErrors: 'denied',
        },
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
            format: formatOf(query, name),
            sinceMs: sinceOf(query, name),
          };
        },
        // Nomad: a client agent that is not told whom to profile profiles a server.
        answeredBy: { kind: 'agent', name: ({ target }) => target, unnamed: 'server' },
        handle: async ({ parameters: { name, seconds, debug, gc, format, sinceMs }, signal }) => {
          switch (name) {
            case 'cmdline':
              return profileReply(profiler.cmdline());
            case 'profile':
              return profileReply(
                await (sinceMs === undefined
                  ? profiler.profile({ seconds, format, signal })
                  : profiler.past(sinceMs, format)),
              );
            case 'trace':
              return profileReply(await profiler.trace({ seconds, signal }));
            default:
              return profileReply(await profiler.lookup(name, { debug, gc, format, signal }));
          }
        },
      }),
    ];
  }
}

/** Steppe's own: the form of the profile. */
function formatOf(query: Query, name: string): ProfileFormat {
  const text = query.get('format');
  if (text === '') return 'pprof';
  if (name === 'cmdline' || name === 'trace') throw apiError('PROFILE_PARAMETER', 'format', name);
  return parseProfileFormat(text);
}

/** Steppe's own: how far to look back, milliseconds. */
function sinceOf(query: Query, name: string): number | undefined {
  const text = query.get('since');
  if (text === '') return undefined;
  if (name !== 'profile') throw apiError('PROFILE_PARAMETER', 'since', name);
  try {
    return Number(parseGoDuration(text)) / 1e6;
  } catch (error) {
    throw apiError('PROFILE_SINCE_INVALID', errorMessage(error));
  }
}
