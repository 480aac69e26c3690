import type { AclRole } from '@steppe/domain';
import { decodeAclRole, encodeAclRole } from '@steppe/domain';
import type { StateReader } from '@steppe/state';
import { ACL_ROLES } from '@steppe/state';
import type { AclRoles } from '../../acl/acl-roles.js';
import { roleByName } from '../../acl/acl-roles.js';
import { ownRoleIds } from '../../acl/own-rights.js';
import type { StateReads } from '../../cluster/state-reads.js';
import { AUTHORITATIVE, LEADER_OF_REGION } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import type { Reply } from '../../http/reply/reply.js';
import { empty, json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import { jsonBody } from '../../http/request/json-body.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { readHeaders } from '../read-headers.js';
import { blockingReadOptions } from '../read-options.js';
import type { AclRouteContext } from './acl-route.js';
import { defineAclRoute, knownCaller, MANAGEMENT_DENIED, writeHeaders } from './acl-route.js';

export interface AclRoleRoutesDeps {
  readonly reads: () => StateReads;
  readonly roles: () => AclRoles;
}

/** `/v1/acl/roles`, `/v1/acl/role`, `/v1/acl/role/:id` and `/v1/acl/role/name/:name`. Everybody sees the roles they have. */
export class AclRoleRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #deps: AclRoleRoutesDeps;

  constructor(context: AclRouteContext, deps: AclRoleRoutesDeps) {
    this.#deps = deps;
    this.routes = [
      defineAclRoute(context, {
        path: '/v1/acl/roles',
        methods: ['GET'],
        summary: 'Roles: all of them for management, for others their own.',
        answeredBy: LEADER_OF_REGION,
        acl: undefined,
        handle: (request) => this.#list(request),
      }),
      defineAclRoute(context, {
        path: '/v1/acl/role',
        methods: ['PUT', 'POST'],
        summary: 'Make a role.',
        answeredBy: AUTHORITATIVE,
        acl: MANAGEMENT_DENIED,
        handle: async (request) => this.#upsert(decodeAclRole(jsonBody(await request.body()))),
      }),
      defineAclRoute(context, {
        path: '/v1/acl/role/name/:name',
        methods: ['GET'],
        summary: 'One role, by its name.',
        answeredBy: LEADER_OF_REGION,
        acl: undefined,
        handle: (request) => this.#one(request, (reader) => roleByName(reader, request.path['name'] ?? '')),
      }),
      defineAclRoute(context, {
        path: '/v1/acl/role/name/',
        methods: ['GET'],
        summary: 'A role without a name.',
        acl: undefined,
        handle: () => {
          throw apiError('ACL_ROLE_NAME_MISSING');
        },
      }),
      defineAclRoute(context, {
        path: '/v1/acl/role/:id',
        methods: ['GET'],
        summary: 'One role.',
        answeredBy: LEADER_OF_REGION,
        acl: undefined,
        handle: (request) => this.#one(request, (reader) => reader.get(ACL_ROLES, idOf(request))),
      }),
      defineAclRoute(context, {
        path: '/v1/acl/role/:id',
        methods: ['PUT', 'POST'],
        summary: 'Change a role.',
        answeredBy: AUTHORITATIVE,
        acl: MANAGEMENT_DENIED,
        handle: async (request) => {
          const role = decodeAclRole(jsonBody(await request.body()));
          if (role.id !== idOf(request)) throw apiError('ACL_ROLE_ID_MISMATCH');
          return this.#upsert(role);
        },
      }),
      defineAclRoute(context, {
        path: '/v1/acl/role/:id',
        methods: ['DELETE'],
        summary: 'Delete a role.',
        answeredBy: AUTHORITATIVE,
        acl: MANAGEMENT_DENIED,
        handle: async (request) => {
          const { index } = await deps.roles().delete(idOf(request));
          return empty(200, writeHeaders(index));
        },
      }),
      defineAclRoute(context, {
        path: '/v1/acl/role/',
        methods: ['GET', 'PUT', 'POST', 'DELETE'],
        summary: 'A role without an id.',
        acl: undefined,
        handle: () => {
          throw apiError('ACL_ROLE_ID_MISSING');
        },
      }),
      defineAclRoute(context, {
        path: '/v1/acl/role/*',
        methods: ['GET'],
        summary: 'Longer paths below a role lead nowhere.',
        acl: undefined,
        handle: () => {
          throw apiError('ACL_ROLE_URI_INVALID');
        },
      }),
    ];
  }

  async #list(request: ApiRequest): Promise<Reply> {
    const prefix = request.common.prefix.toLowerCase();
    await knownCaller(request);
    const read = await this.#deps.reads().read({ table: ACL_ROLES }, blockingReadOptions(request), (snapshot) => ({
      index: snapshot.tableIndex(ACL_ROLES),
      value: Array.from(snapshot.range(ACL_ROLES, { prefix })),
    }));
    const caller = await knownCaller(request);
    const own = caller.acl.isManagement() ? undefined : ownRoleIds(caller);
    return json(read.value.filter(({ id }) => own?.has(id) !== false).map(encodeAclRole), readHeaders(read));
  }

  async #one(request: ApiRequest, find: (reader: StateReader) => AclRole | undefined): Promise<Reply> {
    await knownCaller(request);
    const read = await this.#deps.reads().read({ table: ACL_ROLES }, blockingReadOptions(request), (snapshot) => {
      const value = find(snapshot);
      return { index: value?.modifyIndex ?? snapshot.tableIndex(ACL_ROLES), value };
    });
    const caller = await knownCaller(request);
    const role = read.value;
    const isOwn = caller.acl.isManagement() || (role !== undefined && ownRoleIds(caller).has(role.id));
    if (!isOwn) throw apiError('PERMISSION_DENIED');
    if (role === undefined) throw apiError('ACL_ROLE_UNKNOWN');
    return json(encodeAclRole(role), readHeaders(read));
  }

  async #upsert(input: AclRole): Promise<Reply> {
    const { index, value } = await this.#deps.roles().upsert(input);
    return json(encodeAclRole(value), writeHeaders(index));
  }
}

const idOf = ({ path }: Pick<ApiRequest, 'path'>): string => path['id'] ?? '';
