import type { ResolvedCaller } from '@steppe/acl';
import { errorMessage, isSteppeError } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import type { AuditedRequest, AuditLog } from '../audit/audit-log.js';
import type { ApiRelay } from '../relay/api-relay.js';
import type { Destination } from '../targets/destination.js';
import type { TargetResolver } from '../targets/target-resolver.js';
import type { AclGate } from './acl-gate.js';
import type { AclRule, Requirement, RequestTarget } from './acl-rule.js';
import type { AnsweredBy } from './answered-by.js';
import { THIS_AGENT } from './answered-by.js';
import type { ApiErrorCode } from './api-error.js';
import { apiError } from './api-error.js';
import type { HttpErrorMapper } from './error-mapper.js';
import type { Reply } from './reply/reply.js';
import { plainText } from './reply/reply.js';
import type { ApiCall } from './request/api-call.js';
import type { CallerAccess } from './request/api-request.js';
import { ApiRequest } from './request/api-request.js';
import { callerSignal } from './request/caller-signal.js';
import type { CommonParameters } from './request/common-parameters.js';
import { parseCommonParameters } from './request/common-parameters.js';
import { Query } from './request/query.js';
import type { AnyHttpRoute } from './route.js';
import type { PathMatch, RouteTable } from './route-table.js';

export interface ApiAnswersOptions {
  readonly roles: { readonly server: boolean; readonly client: boolean };
  /** The region that owns what all regions share; empty for this agent's own. */
  readonly authoritativeRegion: string;
}

export interface ApiAnswersDeps {
  readonly table: RouteTable;
  readonly gate: AclGate;
  readonly targets: TargetResolver;
  readonly relay: ApiRelay;
  readonly errors: HttpErrorMapper;
  readonly audit: Pick<AuditLog, 'begin'>;
  readonly logger: Logger;
}

const DEFAULT_COMMON: CommonParameters = Object.freeze(parseCommonParameters(Query.EMPTY));

/**
 * Takes every request of the API through the one path it has, whoever brought it: check, find who answers, handle or pass
 * on. Answers without a promise when nothing on the way needs one.
 */
export class ApiAnswers {
  readonly #options: ApiAnswersOptions;
  readonly #deps: ApiAnswersDeps;

  constructor(options: ApiAnswersOptions, deps: ApiAnswersDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** The reply to a request that is a route's; failures are replies too. Never rejects. */
  answer(call: ApiCall, match: PathMatch, query: Query): Reply | Promise<Reply> {
    const audited = this.#deps.audit.begin(call, { mutates: routeOf(match, call)?.mutates === true });
    const reply = this.#settled(() => this.#checked(call, match, query, audited));
    if (audited === undefined) return reply;
    if (!('then' in reply)) return ended(audited, reply);
    return reply.then((settled) => ended(audited, settled));
  }

  #settled(answer: () => Reply | Promise<Reply>): Reply | Promise<Reply> {
    try {
      const reply = answer();
      return 'then' in reply ? reply.catch((error: unknown) => this.fail(error)) : reply;
    } catch (error) {
      return this.fail(error);
    }
  }

  /** What a request for a path with a method that no route takes is answered. */
  refuseMethod(match: PathMatch): Reply {
    return this.fail(this.#methodError(match));
  }

  fail(error: unknown): Reply {
    const { status, text } = this.#deps.errors.map(error);
    if (status >= 500) this.#deps.logger.error('request failed', { error, code: status });
    return plainText(status, text);
  }

  #checked(call: ApiCall, match: PathMatch, query: Query, audited: AuditedRequest | undefined): Reply | Promise<Reply> {
    const { parameters: path } = match;
    const route = routeOf(match, call);
    if (route === undefined) throw this.#methodError(match);
    const { role } = route;
    if (role !== undefined && !this.#options.roles[role.needs]) throw apiError(role.otherwise);
    const early = route.validateFirst === true ? route.parameters?.(query, path) : undefined;
    const common =
      route.commonParameters !== true || query === Query.EMPTY ? DEFAULT_COMMON : parseCommonParameters(query);
    const proceed = (caller?: ResolvedCaller): Reply | Promise<Reply> => {
      const parameters = route.validateFirst === true ? early : route.parameters?.(query, path);
      const values = { path, query, common, parameters, agentId: '' };
      const request = new ApiRequest<never>(call, values, this.#accessOf(route, call, { query, path }, caller));
      const destination = this.#destination(route, request, call);
      const go = (to: Destination): Reply | Promise<Reply> =>
        to.kind === 'here'
          ? this.#answer(route, to.agentId === '' ? request : request.as(to.agentId), call)
          : this.#deps.relay.pass(call, to);
      return 'then' in destination ? destination.then(go) : go(destination);
    };
    const checked = route.acl && this.#deps.gate.check(askedAnywhere(route.acl), call, { query, path }, audited?.by);
    if (checked === undefined) return proceed();
    return 'then' in checked ? checked.then(proceed) : proceed(checked);
  }

  #accessOf(
    { acl }: AnyHttpRoute,
    call: ApiCall,
    target: RequestTarget,
    caller: ResolvedCaller | undefined,
  ): CallerAccess {
    const { gate } = this.#deps;
    // What the handler has demanded besides: whoever loses that is shown no more, either.
    const demanded: Requirement[] = [];
    return {
      caller: () => caller ?? gate.caller(call),
      allows: (requirement) => gate.allows(requirement, call),
      demand: async (requirement) => {
        await gate.demand(requirement, call, target);
        demanded.push(requirement);
      },
      signal: () => {
        if (acl === undefined) return call.signal;
        const rule = { ...acl, requires: [...acl.requires, ...demanded] };
        return callerSignal(call.signal, (onEnded) => gate.watch(rule, call, target, onEnded));
      },
    };
  }

  /** What only the agent that answers may ask, and the answer. */
  #answer(route: AnyHttpRoute, request: ApiRequest<never>, call: ApiCall): Reply | Promise<Reply> {
    const requires = route.acl?.askedWhereAnswered;
    if (route.acl === undefined || requires === undefined) return this.#handle(route, request, call);
    const checked = this.#deps.gate.check({ ...route.acl, requires }, call, request);
    return 'then' in checked
      ? checked.then(() => this.#handle(route, request, call))
      : this.#handle(route, request, call);
  }

  #handle(route: AnyHttpRoute, request: ApiRequest<never>, call: ApiCall): Reply | Promise<Reply> {
    const reply = route.handle(request);
    if (route.acl === undefined) return reply;
    return 'then' in reply
      ? reply.then((settled) => whileAllowed(settled, request, call))
      : whileAllowed(reply, request, call);
  }

  #destination(route: AnyHttpRoute, request: ApiRequest<never>, call: ApiCall): Destination | Promise<Destination> {
    const rule: AnsweredBy = route.answeredBy ?? THIS_AGENT;
    if (rule.kind === 'this-agent') return HERE;
    const { common, parameters } = request;
    if (rule.kind === 'chosen') {
      // Without a state there is nothing to choose by: a server does.
      if (!this.#options.roles.server) return this.#unnamed('leader', common);
      return rule.choose(request).then((kind) => this.#unnamed(kind, common));
    }
    if (rule.kind === 'allocation') {
      const allocationId = rule.id(parameters);
      const { region } = common;
      return this.#deps.targets.resolveAllocation({ allocationId, region, isPassedOn: call.hops > 0 });
    }
    if (rule.kind !== 'agent') return this.#unnamed(rule.kind, common);
    const { unnamed, unknownServer } = rule;
    const query = { ...rule.name(parameters), region: common.region, unnamed };
    if (unknownServer === undefined) return this.#deps.targets.resolve(query);
    try {
      return this.#deps.targets.resolve(query);
    } catch (error) {
      if (!SERVER_ERRORS.some((code) => isSteppeError(error, code))) throw error;
      throw apiError(unknownServer, errorMessage(error));
    }
  }

  /** Nomad: `region` does not matter to what any server tells of the pool, nor to what all regions share. */
  #unnamed(
    kind: 'server' | 'region' | 'leader' | 'authoritative',
    { region, stale }: CommonParameters,
  ): Destination | Promise<Destination> {
    const regions = { server: '', authoritative: this.#options.authoritativeRegion };
    return this.#deps.targets.resolve({
      serverId: '',
      nodeId: '',
      region: kind === 'server' || kind === 'authoritative' ? regions[kind] : region,
      unnamed: kind === 'authoritative' || (kind === 'leader' && !stale) ? 'leader' : 'server',
    });
  }

  #methodError({ entry }: PathMatch): unknown {
    for (const { role } of entry.routes) {
      if (role?.beforeMethod === true && !this.#options.roles[role.needs]) return apiError(role.otherwise);
    }
    return apiError('INVALID_METHOD');
  }
}

/** The part of a rule that every agent asks, also one that passes the request on. */
function askedAnywhere(rule: AclRule): AclRule {
  const { requires, askedWhereAnswered } = rule;
  if (askedWhereAnswered === undefined) return rule;
  return { ...rule, requires: requires.filter((requirement) => !askedWhereAnswered.includes(requirement)) };
}

const HERE: Destination = Object.freeze({ kind: 'here', agentId: '' });
const SERVER_ERRORS: readonly ApiErrorCode[] = ['SERVER_UNKNOWN', 'NO_LEADER', 'REGION_UNKNOWN'];

const routeOf = ({ entry }: PathMatch, { method }: ApiCall): AnyHttpRoute | undefined =>
  entry.any ?? entry.byMethod.get(method);

function ended(audited: AuditedRequest, reply: Reply): Reply {
  audited.end('status' in reply ? reply.status : 200);
  return reply;
}

/** A reply as far as its caller may have it: what takes time ends when the caller may not go on. */
function whileAllowed(reply: Reply, request: ApiRequest<never>, call: ApiCall): Reply {
  if (reply.kind === 'stream') {
    return {
      ...reply,
      run: (sink, { signal }) => reply.run(sink, { signal: AbortSignal.any([signal, request.signal]) }),
    };
  }
  if (request.isEnded && !call.signal.aborted) throw request.signal.reason as Error;
  return reply;
}
