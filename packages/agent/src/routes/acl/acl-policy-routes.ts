import { encodeRules, parsePolicy } from '@steppe/acl';
import type { AclPolicy } from '@steppe/domain';
import { decodeAclPolicy, encodeAclPolicy, encodeAclPolicyStub, isUuid } from '@steppe/domain';
import { ACL_POLICIES, ACL_ROLES } from '@steppe/state';
import type { AclPolicies } from '../../acl/acl-policies.js';
import { ownPolicyNames } from '../../acl/own-rights.js';
import type { StateReads } from '../../cluster/state-reads.js';
import { AUTHORITATIVE, LEADER_OF_REGION } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import type { Reply } from '../../http/reply/reply.js';
import { empty, json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import { jsonBody } from '../../http/request/json-body.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import { readHeaders } from '../read-headers.js';
import { blockingReadOptions } from '../read-options.js';
import type { AclRouteContext } from './acl-route.js';
import { defineAclRoute, knownCaller, MANAGEMENT_DENIED, writeHeaders } from './acl-route.js';

export interface AclPolicyRoutesDeps {
  readonly reads: () => StateReads;
  readonly policies: () => AclPolicies;
}

const TABLES = [{ table: ACL_POLICIES }, { table: ACL_ROLES }];

/** `/v1/acl/policies` and `/v1/acl/policy/:name`. Everybody sees the policies they have. */
export class AclPolicyRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #context: AclRouteContext;
  readonly #deps: AclPolicyRoutesDeps;

  constructor(context: AclRouteContext, deps: AclPolicyRoutesDeps) {
    this.#context = context;
    this.#deps = deps;
    this.routes = [
      defineAclRoute(context, {
        path: '/v1/acl/policies',
        methods: ['GET'],
        summary: 'Policies in brief: all of them for management, for others their own.',
        answeredBy: LEADER_OF_REGION,
        acl: undefined,
        handle: (request) => this.#list(request, []),
      }),
      defineRoute({
        path: '/v1/acl/policy/self',
        methods: ['GET'],
        summary: 'The caller’s own policies, in brief.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: undefined,
        handle: (request) => this.#ownPolicies(request),
      }),
      defineAclRoute(context, {
        path: '/v1/acl/policy/:name',
        methods: ['GET'],
        summary: 'One policy with its rules.',
        answeredBy: LEADER_OF_REGION,
        acl: undefined,
        handle: (request) => this.#one(request),
      }),
      defineAclRoute(context, {
        path: '/v1/acl/policy/:name',
        methods: ['PUT', 'POST'],
        summary: 'Add or replace a policy.',
        answeredBy: AUTHORITATIVE,
        acl: MANAGEMENT_DENIED,
        handle: async (request) => {
          const policy = decodeAclPolicy(jsonBody(await request.body()));
          if (policy.name !== nameOf(request)) throw apiError('ACL_POLICY_NAME_MISMATCH');
          const { index } = await deps.policies().upsert(policy);
          return empty(200, writeHeaders(index));
        },
      }),
      defineAclRoute(context, {
        path: '/v1/acl/policy/:name',
        methods: ['DELETE'],
        summary: 'Delete a policy.',
        answeredBy: AUTHORITATIVE,
        acl: MANAGEMENT_DENIED,
        handle: async (request) => {
          const { index } = await deps.policies().delete(nameOf(request));
          return empty(200, writeHeaders(index));
        },
      }),
      defineAclRoute(context, {
        path: '/v1/acl/policy/',
        methods: ['GET', 'PUT', 'POST', 'DELETE'],
        summary: 'A policy without a name.',
        acl: undefined,
        handle: () => {
          throw apiError('ACL_POLICY_NAME_MISSING');
        },
      }),
    ];
  }

  /** @param none - what is shown when there are none */
  async #list(request: ApiRequest, none: readonly [] | null): Promise<Reply> {
    const { prefix } = request.common;
    await knownCaller(request);
    const read = await this.#deps.reads().read(TABLES, blockingReadOptions(request), (snapshot) => ({
      index: Math.max(snapshot.tableIndex(ACL_POLICIES), snapshot.tableIndex(ACL_ROLES)),
      value: snapshot,
    }));
    // Asked for again: a wait may be longer than a token lasts.
    const caller = await knownCaller(request);
    const own = caller.acl.isManagement() ? undefined : ownPolicyNames(caller, read.value);
    const stubs = Array.from(read.value.range(ACL_POLICIES, { prefix }))
      .filter(({ name }) => own?.has(name) !== false)
      .map(encodeAclPolicyStub);
    return json(stubs.length === 0 ? none : stubs, readHeaders(read));
  }

  async #ownPolicies(request: ApiRequest): Promise<Reply> {
    // Nomad: whoever has no token of ours would have to be a workload.
    if (request.token === undefined || !isUuid(request.token.reveal())) throw apiError('PERMISSION_DENIED');
    if (!this.#context.aclEnabled) throw apiError('ACL_DISABLED');
    return this.#list(request, null);
  }

  async #one(request: ApiRequest): Promise<Reply> {
    const name = nameOf(request);
    const key = { table: ACL_POLICIES, key: name };
    await knownCaller(request);
    const read = await this.#deps.reads().read(key, blockingReadOptions(request), (snapshot) => ({
      index: snapshot.get(ACL_POLICIES, name)?.modifyIndex ?? snapshot.tableIndex(ACL_POLICIES),
      value: snapshot,
    }));
    const caller = await knownCaller(request);
    const policy = read.value.get(ACL_POLICIES, name);
    const isOwn = caller.acl.isManagement() || name === 'anonymous' || caller.token?.policies.includes(name) === true;
    // One that a role brings counts only while it exists.
    const isOfRole = policy !== undefined && ownPolicyNames(caller, read.value).has(name);
    if (!isOwn && !isOfRole) throw apiError('PERMISSION_DENIED');
    if (policy === undefined) throw apiError('ACL_POLICY_UNKNOWN');
    return json(encodeAclPolicy(policy, rulesOf(policy)), readHeaders(read));
  }
}

const nameOf = ({ path }: Pick<ApiRequest, 'path'>): string => path['name'] ?? '';

/** The rules as data; `null` for rules that cannot be read any more. */
function rulesOf({ rules }: AclPolicy): unknown {
  try {
    return encodeRules(parsePolicy(rules));
  } catch {
    return null;
  }
}
