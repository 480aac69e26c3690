import type { ResolvedCaller } from '@steppe/acl';
import type { Secret } from '@steppe/domain';
import type { Requirement } from '../acl-rule.js';
import type { ApiCall, CarriedHeader } from './api-call.js';
import type { BodyLimits } from './body.js';
import type { CommonParameters } from './common-parameters.js';
import type { PathParameters } from './path-parameters.js';
import type { Query } from './query.js';

interface RequestValues {
  readonly path: PathParameters;
  readonly query: Query;
  readonly common: CommonParameters;
  readonly parameters: unknown;
  /** This agent by the name it was chosen by. */
  readonly agentId: string;
}

/** What a request can learn of its caller. */
export interface CallerAccess {
  caller(): ResolvedCaller | Promise<ResolvedCaller>;
  allows(requirement: Requirement): Promise<boolean>;
  demand(requirement: Requirement): Promise<void>;
  /** See {@link ApiRequest.signal}. */
  signal(): AbortSignal;
}

/** One request, as handlers see it. */
export class ApiRequest<Parameters = unknown> {
  readonly path: PathParameters;
  readonly query: Query;
  /** The shared parameters; all at their defaults on routes that ignore them. */
  readonly common: CommonParameters;
  /** The route's own parameters, validated. */
  readonly parameters: Parameters;
  /** On routes that name an agent: who we are, member name of a server or node UUID of a client. */
  readonly agentId: string;
  readonly #call: ApiCall;
  readonly #access: CallerAccess;
  #signal: AbortSignal | undefined;

  constructor(call: ApiCall, values: RequestValues, access: CallerAccess) {
    this.path = values.path;
    this.query = values.query;
    this.common = values.common;
    this.parameters = values.parameters as Parameters;
    this.agentId = values.agentId;
    this.#call = call;
    this.#access = access;
  }

  /** The same request, with the name that this agent was chosen by. */
  as(agentId: string): ApiRequest<Parameters> {
    const { path, query, common, parameters } = this;
    return new ApiRequest(this.#call, { path, query, common, parameters, agentId }, this.#access);
  }

  /** Whether somebody has looked at the signal, and it has aborted. */
  get isEnded(): boolean {
    return this.#signal?.aborted === true;
  }

  get method(): string {
    return this.#call.method;
  }

  /** A header that says what is wanted; empty when there is none. */
  header(name: CarriedHeader): string {
    return this.#call.header(name);
  }

  /** The credential as presented, for services that check it again elsewhere. */
  get token(): Secret | undefined {
    return this.#call.token;
  }

  /** Aborts when the caller is gone, the agent stops, or the caller may not go on. */
  get signal(): AbortSignal {
    this.#signal ??= this.#access.signal();
    return this.#signal;
  }

  /** Who asks. @throws as `TokenResolver.resolve` */
  caller(): ResolvedCaller | Promise<ResolvedCaller> {
    return this.#access.caller();
  }

  /** Whether the caller passes a check; a credential that does not resolve passes none. */
  allows(requirement: Requirement): Promise<boolean> {
    return this.#access.allows(requirement);
  }

  /** Lets nobody by who does not pass a check. @throws PERMISSION_DENIED, TOKEN_REFUSED */
  demand(requirement: Requirement): Promise<void> {
    return this.#access.demand(requirement);
  }

  /** The whole body. @throws BODY_TOO_LARGE */
  body(): Promise<Buffer> {
    return this.#call.body();
  }

  /**
   * The body in pieces, for one that may be large; instead of {@link body}. Its sender waits while nobody takes it, on however
   * many agents it comes by.
   * @throws BODY_TOO_LARGE while it is read
   */
  bodyStream(limits: BodyLimits): AsyncIterable<Uint8Array> {
    return this.#call.bodyStream(limits);
  }
}
