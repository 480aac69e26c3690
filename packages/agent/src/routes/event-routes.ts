import type { Clock } from '@steppe/runtime';
import type { StateStore } from '@steppe/state';
import { EventFilter } from '../events/event-filter.js';
import { EventStream } from '../events/event-stream.js';
import type { AclRule } from '../http/acl-rule.js';
import { namespaceOf } from '../http/acl-rule.js';
import { SERVER_OF_REGION } from '../http/answered-by.js';
import { apiError } from '../http/api-error.js';
import type { Reply } from '../http/reply/reply.js';
import { stream } from '../http/reply/reply.js';
import type { ApiRequest } from '../http/request/api-request.js';
import type { Query } from '../http/request/query.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { namespacesOf } from '../jobs/namespaces.js';
import type { StreamSlotsOptions } from './stream-slots.js';
import { StreamSlots } from './stream-slots.js';

export interface EventRoutesDeps {
  readonly state: () => StateStore;
  readonly clock: Clock;
}

const READ = 'read-job';
/** By what is asked for. */
const BY_TOPIC: AclRule = {
  requires: [
    {
      label: 'NsOp(namespace, read-job) for jobs, evaluations and allocations',
      of: ({ query }) =>
        filterOf(query).hasNamespaced ? { check: 'NsOp', namespace: namespaceOf(query), operation: READ } : undefined,
    },
    {
      label: 'NodeRead for nodes',
      of: ({ query }) => (filterOf(query).hasNodes ? { check: 'NodeRead' } : undefined),
    },
    {
      label: 'Mgmt for everything',
      of: ({ query }) => (filterOf(query).hasOthers ? { check: 'Mgmt' } : undefined),
    },
  ],
  tokenErrors: 'denied',
};

/** `GET /v1/event/stream`: what changes, as it does. */
export class EventRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #slots: StreamSlots;
  readonly #deps: EventRoutesDeps;

  constructor(options: StreamSlotsOptions, deps: EventRoutesDeps) {
    this.#slots = new StreamSlots('event', options);
    this.#deps = deps;
    this.routes = [
      defineRoute({
        path: '/v1/event/stream',
        methods: ['GET'],
        summary: 'What changes in jobs, evaluations, allocations and nodes, as it does.',
        commonParameters: true,
        answeredBy: SERVER_OF_REGION,
        acl: BY_TOPIC,
        handle: (request) => this.#stream(request),
      }),
    ];
  }

  async #stream(request: ApiRequest): Promise<Reply> {
    const { query, common } = request;
    const state = this.#deps.state();
    const filter = filterOf(query);
    const namespace = namespaceOf(query);
    const mayRead = (name: string): Promise<boolean> =>
      request.allows({ check: 'NsOp', namespace: name, operation: READ });
    if (namespace === '*' && filter.hasNamespaced) {
      // Nomad: whoever asks for all namespaces may read all there are.
      for (const { name } of namespacesOf(state.snapshot())) {
        await request.demand({ check: 'NsOp', namespace: name, operation: READ });
      }
    }
    // An index beyond 2^53 is beyond any index there can be.
    const events = new EventStream(
      { filter, namespace, fromIndex: Number(common.index) },
      { state, clock: this.#deps.clock, mayRead },
    );
    const release = await this.#slots.take(request);
    return stream('application/json', (sink, options) => events.run(sink, options).finally(release));
  }
}

/** @throws EVENT_TOPIC_INVALID */
function filterOf(query: Query): EventFilter {
  try {
    return new EventFilter(query.all('topic'));
  } catch (error) {
    if (error instanceof RangeError) throw apiError('EVENT_TOPIC_INVALID', error.message);
    throw error;
  }
}
