import { NAMESPACE_WIRE } from '@steppe/domain';
import { compileFilter, NAMESPACES } from '@steppe/state';
import type { StateReads } from '../../cluster/state-reads.js';
import type { AclRule } from '../../http/acl-rule.js';
import { decidedLater, MANAGEMENT } from '../../http/acl-rule.js';
import { AUTHORITATIVE, LEADER_OF_REGION } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import type { Reply } from '../../http/reply/reply.js';
import { empty, json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import { jsonBody } from '../../http/request/json-body.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import type { Namespaces } from '../../jobs/namespaces.js';
import { namespacesOf } from '../../jobs/namespaces.js';
import { readHeaders } from '../read-headers.js';
import { readTables } from './scheduling-reads.js';

export interface NamespaceRoutesDeps {
  readonly reads: () => StateReads;
  readonly namespaces: () => Namespaces;
}

const READ: AclRule = {
  requires: [{ label: 'Ns(name)', of: ({ path }) => ({ check: 'Ns', namespace: path['name'] ?? '' }) }],
  tokenErrors: 'plain',
};

/** `/v1/namespaces`, `/v1/namespace` and `/v1/namespace/:name`. */
export class NamespaceRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #deps: NamespaceRoutesDeps;

  constructor(deps: NamespaceRoutesDeps) {
    this.#deps = deps;
    this.routes = [
      defineRoute({
        path: '/v1/namespaces',
        methods: ['GET'],
        summary: 'Namespaces that the caller has any right in.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: decidedLater('of each namespace Ns(name)'),
        handle: async (request) => {
          const read = await readTables(deps.reads(), request, [NAMESPACES]);
          const { acl } = await request.caller();
          const { prefix, filter } = request.common;
          const matches = filter === '' ? undefined : compileFilter(filter);
          const shown = namespacesOf(read.value)
            .filter(({ name }) => name.startsWith(prefix) && acl.allowNamespace(name))
            .map((each) => NAMESPACE_WIRE.encode(each))
            .filter((each) => matches?.matches(each) !== false);
          return json(shown, readHeaders(read));
        },
      }),
      defineRoute({
        path: '/v1/namespace',
        methods: ['PUT', 'POST'],
        summary: 'Add a namespace, or replace the one of its name.',
        commonParameters: true,
        answeredBy: AUTHORITATIVE,
        acl: MANAGEMENT,
        handle: (request) => this.#upsert(request, undefined),
      }),
      defineRoute({
        path: '/v1/namespace/:name',
        methods: ['GET'],
        summary: 'One namespace.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: READ,
        handle: async (request) => {
          const read = await readTables(deps.reads(), request, [NAMESPACES]);
          const namespace = namespacesOf(read.value).find(({ name }) => name === nameOf(request));
          if (namespace === undefined) throw apiError('NAMESPACE_NOT_FOUND');
          return json(NAMESPACE_WIRE.encode(namespace), readHeaders(read));
        },
      }),
      defineRoute({
        path: '/v1/namespace/:name',
        methods: ['PUT', 'POST'],
        summary: 'Add the namespace of that name, or replace it.',
        commonParameters: true,
        answeredBy: AUTHORITATIVE,
        acl: MANAGEMENT,
        handle: (request) => this.#upsert(request, nameOf(request)),
      }),
      defineRoute({
        path: '/v1/namespace/:name',
        methods: ['DELETE'],
        summary: 'Delete a namespace whose jobs are all dead.',
        commonParameters: true,
        answeredBy: AUTHORITATIVE,
        acl: MANAGEMENT,
        handle: async (request) => written(await deps.namespaces().delete(nameOf(request))),
      }),
    ];
  }

  async #upsert(request: ApiRequest, name: string | undefined): Promise<Reply> {
    const namespace = NAMESPACE_WIRE.decode(jsonBody(await request.body()), 'Namespace');
    if (name !== undefined && namespace.name !== name) {
      throw apiError('NAMESPACE_REFUSED', 'Namespace name does not match request path');
    }
    return written(await this.#deps.namespaces().upsert(namespace));
  }
}

const nameOf = ({ path }: Pick<ApiRequest, 'path'>): string => path['name'] ?? '';

const written = ({ index }: { readonly index: number }): Reply => empty(200, { 'X-Nomad-Index': `${index}` });
