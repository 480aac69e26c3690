import { encodeAclToken, Secret } from '@steppe/domain';
import type { AclBootstrap } from '../../acl/acl-bootstrap.js';
import { AUTHORITATIVE } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import { json } from '../../http/reply/reply.js';
import { decodeJsonObject } from '../../http/request/body.js';
import type { AnyHttpRoute, HttpRouteContribution } from '../../http/route.js';
import type { AclRouteContext } from './acl-route.js';
import { defineAclRoute, writeHeaders } from './acl-route.js';

/** Parts of the reference's ACL system that are not there: said clearly, rather than by a 404. */
const LATER: readonly (readonly [path: string, what: string])[] = [
  ['/v1/acl/auth-methods', 'auth methods'],
  ['/v1/acl/auth-method', 'auth methods'],
  ['/v1/acl/auth-method/*', 'auth methods'],
  ['/v1/acl/binding-rules', 'binding rules'],
  ['/v1/acl/binding-rule', 'binding rules'],
  ['/v1/acl/binding-rule/*', 'binding rules'],
  ['/v1/acl/oidc/*', 'OIDC logins'],
  ['/v1/acl/login', 'JWT logins'],
  ['/v1/acl/identity/client-introduction-token', 'client introduction tokens'],
];

/** `/v1/acl/bootstrap`, and the paths of what is not supported. */
export class AclBootstrapRoutes implements HttpRouteContribution {
  readonly routes: readonly AnyHttpRoute[];

  constructor(context: AclRouteContext, bootstrap: () => AclBootstrap) {
    this.routes = [
      defineAclRoute(context, {
        path: '/v1/acl/bootstrap',
        methods: ['PUT', 'POST'],
        summary: 'Make the first management token.',
        answeredBy: AUTHORITATIVE,
        acl: undefined,
        handle: async (request) => {
          const { index, value } = await bootstrap().run(wantedSecret(await request.body()));
          return json(encodeAclToken(value), writeHeaders(index));
        },
      }),
      ...LATER.map(([path, what]) =>
        defineAclRoute(context, {
          path,
          methods: ['GET', 'PUT', 'POST', 'DELETE'],
          summary: `Not supported: ${what}.`,
          acl: undefined,
          handle: () => {
            throw apiError('ACL_LATER', what);
          },
        }),
      ),
    ];
  }
}

/** The secret an operator wants; `undefined` leaves it to chance. @throws ACL_BODY_INVALID */
function wantedSecret(body: Buffer): Secret | undefined {
  if (body.toString('utf8').trim() === '') return undefined;
  let wanted: unknown;
  try {
    wanted = decodeJsonObject(body).get('bootstrapsecret') ?? '';
  } catch (error) {
    throw apiError('ACL_BODY_INVALID', (error as Error).message);
  }
  if (typeof wanted !== 'string') throw apiError('ACL_BODY_INVALID', 'BootstrapSecret must be a string');
  return wanted === '' ? undefined : new Secret(wanted);
}
