import { encodeMember, JsonSnapshot } from '@steppe/domain';
import type { ClusterView, MembersView } from '../cluster/cluster-view.js';
import { ANY_SERVER } from '../http/answered-by.js';
import { json } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { readOptions } from './read-options.js';

/** `GET /v1/agent/members`: the gossip pool as one server sees it. */
export class MembersRoutes implements HttpRouteContribution {
  readonly #view: () => ClusterView;
  /** Encoded once per change of the pool. */
  readonly #encoded = new WeakMap<MembersView, JsonSnapshot>();

  constructor(view: () => ClusterView) {
    this.#view = view;
  }

  readonly routes = [
    defineRoute({
      path: '/v1/agent/members',
      methods: ['GET'],
      summary: 'Members of the gossip pool, as the answering server sees them.',
      commonParameters: true,
      answeredBy: ANY_SERVER,
      acl: { requires: ['NodeRead'], tokenErrors: 'denied' },
      handle: (request) => {
        const view = this.#view().members(readOptions(request));
        return 'then' in view ? view.then((settled) => json(this.#encode(settled))) : json(this.#encode(view));
      },
    }),
  ];

  #encode(view: MembersView): JsonSnapshot {
    const known = this.#encoded.get(view);
    if (known !== undefined) return known;
    const snapshot = new JsonSnapshot({
      Members: view.members.map(encodeMember),
      ServerDC: view.serverDatacenter,
      ServerName: view.serverName,
      ServerRegion: view.serverRegion,
    });
    this.#encoded.set(view, snapshot);
    return snapshot;
  }
}
