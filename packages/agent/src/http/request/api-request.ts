import type { Secret } from '@steppe/domain';
import type { Capability } from '../acl-rule.js';
import type { ApiCall } from './api-call.js';
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
  readonly #allows: (capability: Capability) => Promise<boolean>;

  constructor(call: ApiCall, values: RequestValues, allows: (capability: Capability) => Promise<boolean>) {
    this.path = values.path;
    this.query = values.query;
    this.common = values.common;
    this.parameters = values.parameters as Parameters;
    this.agentId = values.agentId;
    this.#call = call;
    this.#allows = allows;
  }

  get method(): string {
    return this.#call.method;
  }

  /** The credential as presented, for services that check it again elsewhere. */
  get token(): Secret | undefined {
    return this.#call.token;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  /** Whether the caller has a capability; a credential that does not resolve has none. */
  allows(capability: Capability): Promise<boolean> {
    return this.#allows(capability);
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
