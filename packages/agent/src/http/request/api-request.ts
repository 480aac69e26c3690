import type { Secret } from '@steppe/domain';
import type { IncomingMessage } from 'node:http';
import type { CommonParameters } from './common-parameters.js';
import { readBody } from './body.js';
import { presentedToken } from './presented-token.js';
import type { Capability } from '../acl-rule.js';
import type { PathParameters } from './path-parameters.js';
import type { Query } from './query.js';

/** What the dispatcher knows of a request beyond its bytes. */
export interface RequestServices {
  /** Aborts when the caller is gone or the agent stops. */
  readonly signal: () => AbortSignal;
  /** Whether the caller has a capability; a credential that does not resolve has none. */
  readonly allows: (capability: Capability) => Promise<boolean>;
}

/** One request, as handlers see it. */
export class ApiRequest<Parameters = unknown> {
  readonly path: PathParameters;
  readonly query: Query;
  /** The shared parameters; all at their defaults on routes that ignore them. */
  readonly common: CommonParameters;
  /** The route's own parameters, validated. */
  readonly parameters: Parameters;
  readonly #incoming: IncomingMessage;
  readonly #services: RequestServices;

  constructor(
    incoming: IncomingMessage,
    values: { path: PathParameters; query: Query; common: CommonParameters; parameters: Parameters },
    services: RequestServices,
  ) {
    this.path = values.path;
    this.query = values.query;
    this.common = values.common;
    this.parameters = values.parameters;
    this.#incoming = incoming;
    this.#services = services;
  }

  get method(): string {
    return this.#incoming.method ?? '';
  }

  /** The credential as presented, for services that check it again elsewhere. */
  get token(): Secret | undefined {
    return presentedToken(this.#incoming.headers);
  }

  get signal(): AbortSignal {
    return this.#services.signal();
  }

  allows(capability: Capability): Promise<boolean> {
    return this.#services.allows(capability);
  }

  /** The whole body. @throws BODY_TOO_LARGE */
  body(): Promise<Buffer> {
    return readBody(this.#incoming);
  }
}
