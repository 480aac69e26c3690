import type { AnsweredBy } from './answered-by.js';
import type { ApiRequest } from './request/api-request.js';
import type { AclRule } from './acl-rule.js';
import type { PathParameters } from './request/path-parameters.js';
import type { Query } from './request/query.js';
import type { Reply } from './reply/reply.js';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** The role a route needs and what its absence is answered with. */
export interface RoleRule {
  readonly needs: 'server' | 'client';
  readonly otherwise: 'ROLE_MISSING' | 'SERVER_ONLY';
  /** Nomad: on some paths the missing role is reported even for a wrong method. Default false. */
  readonly beforeMethod?: boolean;
}

/**
 * One operation of the HTTP API, as data. The same table mounts the API, drives the permission tests and documents it.
 * Checks run in the order: method, role, shared parameters, ACL, own parameters, who answers; `validateFirst` moves the own
 * parameters in front of the shared ones and the ACL, as the reference does on some routes.
 */
export interface HttpRoute<Parameters = unknown> {
  /**
   * Exact (`/v1/agent/self`), with one variable segment (`/v1/node/:id/drain`), with a variable part that may have slashes
   * (`/v1/job/:id+/plan`), or a subtree (`/v1/agent/pprof/*`).
   */
  readonly path: string;
  /** `any`: the method is not looked at. */
  readonly methods: readonly HttpMethod[] | 'any';
  /** Whether it changes something although it takes `GET`: those are audited, too. */
  readonly mutates?: boolean;
  /**
   * Whether browsers let pages of any origin read what it answers to `GET` (`cors.ts`). `HEAD` is taken like `GET` then, unless
   * the route `mutates`. Holds for all routes of the path. Default false.
   */
  readonly cors?: boolean;
  /** One line for the generated documentation. */
  readonly summary: string;
  readonly role?: RoleRule;
  /** Whether the parameters of spec 1.3 are parsed. Default false: they are ignored. */
  readonly commonParameters?: boolean;
  /** Who answers. Default: whoever is asked. */
  readonly answeredBy?: AnsweredBy<Parameters>;
  /** `undefined`: never checked, not even for a valid token. */
  readonly acl: AclRule | undefined;
  /** Parses and validates this route's own parameters. */
  readonly parameters?: (query: Query, path: PathParameters) => Parameters;
  readonly validateFirst?: boolean;
  readonly handle: (request: ApiRequest<Parameters>) => Reply | Promise<Reply>;
}

/** A route whose parameter type is its own affair: what tables hold. */
export interface AnyHttpRoute extends Omit<HttpRoute<never>, 'parameters'> {
  readonly parameters?: (query: Query, path: PathParameters) => unknown;
}

/** Contribution point: operations of the HTTP API. Two that share a method and a path stop the start. */
export interface HttpRouteContribution {
  readonly routes: readonly AnyHttpRoute[];
}

/** Fixes the parameter type of a route from its `parameters` function. */
export function defineRoute<Parameters = undefined>(route: HttpRoute<Parameters>): AnyHttpRoute {
  return route;
}
