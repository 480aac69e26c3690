import type { ResolvedCaller } from '@steppe/acl';
import type { AclToken } from '@steppe/domain';
import {
  decodeAclToken,
  encodeAclToken,
  encodeAclTokenStub,
  encodeOneTimeToken,
  isSameDigest,
  Secret,
  secretDigest,
} from '@steppe/domain';
import type { StateReader, StateStore } from '@steppe/state';
import { ACL_TOKENS, creationOrder, readList } from '@steppe/state';
import type { AclTokens } from '../../acl/acl-tokens.js';
import { withRoleNames } from '../../acl/acl-tokens.js';
import type { OneTimeTokens } from '../../acl/one-time-tokens.js';
import type { StateReads } from '../../cluster/state-reads.js';
import type { AnsweredBy } from '../../http/answered-by.js';
import { LEADER_OF_REGION } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import type { Reply } from '../../http/reply/reply.js';
import { empty, json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import { decodeJsonObject } from '../../http/request/body.js';
import { jsonBody } from '../../http/request/json-body.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import { readHeaders } from '../read-headers.js';
import { blockingReadOptions, listQuery } from '../read-options.js';
import type { AclRouteContext } from './acl-route.js';
import { defineAclRoute, knownCaller, lookedUpCaller, MANAGEMENT_DENIED, writeHeaders } from './acl-route.js';

export interface AclTokenRoutesDeps {
  readonly reads: () => StateReads;
  readonly state: () => StateStore;
  readonly tokens: () => AclTokens;
  readonly oneTime: () => OneTimeTokens;
}

const UUID_LENGTH = 36;
const MALFORMED_ID = 'index error: UUID must be 36 characters';
const BY_CREATION = creationOrder<AclToken>('created');

/** `/v1/acl/tokens`, `/v1/acl/token`, `/v1/acl/token/:accessor` and one-time tokens. */
export class AclTokenRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #deps: AclTokenRoutesDeps;

  constructor(context: AclRouteContext, deps: AclTokenRoutesDeps) {
    this.#deps = deps;
    const byScope: AnsweredBy<unknown> = {
      kind: 'chosen',
      // Global tokens belong to the authoritative region, the others to the one they are made in.
      choose: async (request) => ((await this.#isGlobal(request)) ? 'authoritative' : 'leader'),
    };
    this.routes = [
      defineAclRoute(context, {
        path: '/v1/acl/tokens',
        methods: ['GET'],
        summary: 'All tokens, without their secrets.',
        answeredBy: LEADER_OF_REGION,
        acl: MANAGEMENT_DENIED,
        handle: (request) => this.#list(request),
      }),
      defineAclRoute(context, {
        path: '/v1/acl/token',
        methods: ['PUT', 'POST'],
        summary: 'Make a token.',
        answeredBy: byScope,
        acl: MANAGEMENT_DENIED,
        handle: async (request) => this.#upsert(decodeAclToken(jsonBody(await request.body()))),
      }),
      defineRoute({
        path: '/v1/acl/token/self',
        methods: ['GET'],
        summary: 'The caller’s own token.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: undefined,
        handle: (request) => this.#self(request),
      }),
      defineAclRoute(context, {
        path: '/v1/acl/token/onetime',
        methods: ['PUT', 'POST'],
        summary: 'Make a one-time token for the caller’s token.',
        answeredBy: { kind: 'leader' },
        acl: undefined,
        handle: async (request) => {
          if (request.token === undefined) throw apiError('ACL_TOKEN_LOOKUP_FAILED', 'missing secret id');
          const { token, nodeId } = await knownCaller(request);
          if (token === undefined || nodeId !== undefined) throw apiError('PERMISSION_DENIED');
          const { index, value } = await deps.oneTime().create(token);
          return json({ Index: index, OneTimeToken: encodeOneTimeToken(value) }, writeHeaders(index));
        },
      }),
      defineAclRoute(context, {
        path: '/v1/acl/token/onetime/exchange',
        methods: ['PUT', 'POST'],
        summary: 'Exchange a one-time token for the token it stands for.',
        answeredBy: { kind: 'leader' },
        acl: undefined,
        handle: async (request) => {
          const secret = decodeJsonObject(await request.body()).get('onetimesecretid') ?? '';
          if (typeof secret !== 'string') throw apiError('ACL_BODY_INVALID', 'OneTimeSecretID must be a string');
          if (secret === '') throw apiError('ACL_ONE_TIME_SECRET_MISSING');
          const { index, value } = await deps.oneTime().exchange(new Secret(secret));
          return json({ Index: index, Token: encodeAclToken(value) }, writeHeaders(index));
        },
      }),
      defineAclRoute(context, {
        path: '/v1/acl/token/:accessor',
        methods: ['GET'],
        summary: 'One token with its secret, for management and for its holder.',
        answeredBy: LEADER_OF_REGION,
        acl: undefined,
        handle: (request) => this.#one(request),
      }),
      defineAclRoute(context, {
        path: '/v1/acl/token/:accessor',
        methods: ['PUT', 'POST'],
        summary: 'Change a token, or take one over from elsewhere.',
        answeredBy: byScope,
        acl: MANAGEMENT_DENIED,
        handle: async (request) => {
          const token = decodeAclToken(jsonBody(await request.body()));
          if (token.accessorId !== accessorOf(request)) throw apiError('ACL_TOKEN_ACCESSOR_MISMATCH');
          return this.#upsert(token);
        },
      }),
      defineAclRoute(context, {
        path: '/v1/acl/token/:accessor',
        methods: ['DELETE'],
        summary: 'Delete a token.',
        answeredBy: byScope,
        acl: MANAGEMENT_DENIED,
        handle: async (request) => {
          const accessor = accessorOf(request);
          if (accessor.length !== UUID_LENGTH) throw apiError('ACL_TOKEN_DELETE_FAILED', MALFORMED_ID);
          const { index } = await deps.tokens().delete(accessor);
          return empty(200, writeHeaders(index));
        },
      }),
      defineAclRoute(context, {
        path: '/v1/acl/token/',
        methods: ['GET', 'PUT', 'POST', 'DELETE'],
        summary: 'A token without an accessor.',
        acl: undefined,
        handle: () => {
          throw apiError('ACL_TOKEN_ACCESSOR_MISSING');
        },
      }),
    ];
  }

  async #list(request: ApiRequest): Promise<Reply> {
    const list = listQuery(request.common);
    const prefix = list.prefix?.toLowerCase() ?? '';
    // Nomad: the index takes whole bytes only.
    if (!/^[0-9a-f-]*$/.test(prefix) || prefix.replaceAll('-', '').length % 2 === 1) {
      throw apiError('ACL_TOKEN_PREFIX_INVALID', `index error: invalid prefix "${prefix}"`);
    }
    const options = blockingReadOptions(request);
    const read = await this.#deps.reads().read({ table: ACL_TOKENS }, options, (snapshot) => {
      const { index, ...page } = readList(
        snapshot,
        ACL_TOKENS,
        { ...list, prefix },
        {
          order: BY_CREATION,
          view: encodeAclTokenStub,
        },
      );
      return { index, value: page };
    });
    return json(read.value.rows.map(encodeAclTokenStub), readHeaders(read, read.value.nextToken));
  }

  async #one(request: ApiRequest): Promise<Reply> {
    const accessor = accessorOf(request);
    const caller = await lookedUpCaller(request);
    if (accessor.length !== UUID_LENGTH) throw apiError('ACL_TOKEN_LOOKUP_FAILED', MALFORMED_ID);
    const key = { table: ACL_TOKENS, key: accessor };
    const read = await this.#deps.reads().read(key, blockingReadOptions(request), (snapshot) => ({
      index: snapshot.get(ACL_TOKENS, accessor)?.modifyIndex ?? snapshot.tableIndex(ACL_TOKENS),
      value: snapshot,
    }));
    const token = read.value.get(ACL_TOKENS, accessor);
    // Whoever may not see a token does not learn whether there is one.
    if (!caller.acl.isManagement() && !(token !== undefined && isHolder(request, token))) {
      throw apiError('PERMISSION_DENIED');
    }
    if (token === undefined) throw apiError('ACL_TOKEN_UNKNOWN');
    return json(encodeAclToken(withRoleNames(read.value, token)), readHeaders(read));
  }

  async #self(request: ApiRequest): Promise<Reply> {
    const { token }: ResolvedCaller = await lookedUpCaller(request);
    if (token === undefined) throw apiError('ACL_TOKEN_UNKNOWN');
    const snapshot = this.#deps.state().snapshot();
    return json(encodeAclToken(withRoleNames(snapshot, token)), writeHeaders(snapshot.index));
  }

  async #upsert(input: AclToken): Promise<Reply> {
    const { index, value } = await this.#deps.tokens().upsert(input);
    return json(encodeAclToken(value), writeHeaders(index));
  }

  /** Whether a request is about a global token: the body says so of a new one, the state of one that is there. */
  async #isGlobal(request: ApiRequest): Promise<boolean> {
    const reader: StateReader = this.#deps.state().snapshot();
    const stored = reader.get(ACL_TOKENS, accessorOf(request));
    if (stored !== undefined || request.method === 'DELETE') return stored?.isGlobal === true;
    const body = await request.body();
    return body.length > 0 && decodeAclToken(jsonBody(body)).isGlobal;
  }
}

const accessorOf = ({ path }: Pick<ApiRequest, 'path'>): string => path['accessor']?.toLowerCase() ?? '';

const isHolder = ({ token }: ApiRequest, { secretId }: AclToken): boolean =>
  token !== undefined && isSameDigest(secretDigest(token), secretDigest(secretId));
