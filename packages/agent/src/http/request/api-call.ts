import type { Secret } from '@steppe/domain';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { BodyLimits } from './body.js';
import { readBody, streamBody } from './body.js';
import { CallBody } from './call-body.js';
import { presentedToken } from './presented-token.js';

/** A request as it came in, from a client of ours or passed on by another agent. */
export interface ApiCall {
  /** Names the request in the logs of every agent it comes to. */
  readonly id: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** The credential as presented; `undefined` for an anonymous caller. */
  readonly token: Secret | undefined;
  /** How many agents have passed it on already; 0 when it came straight from its caller. */
  readonly hops: number;
  /** Aborts when the caller is gone or the agent stops. */
  readonly signal: AbortSignal;
  /** The whole body; the same to everybody who asks. @throws BODY_TOO_LARGE */
  body(): Promise<Buffer>;
  /** The body in pieces, for one that may be large; instead of {@link body}. @throws BODY_TOO_LARGE while it is read */
  bodyStream(limits: BodyLimits): AsyncIterable<Uint8Array>;
}

/** A request on a connection of ours. Nothing is looked at before somebody asks: most requests need little of it. */
export class HttpCall implements ApiCall {
  readonly hops = 0;
  readonly #incoming: IncomingMessage;
  readonly #signal: () => AbortSignal;
  #id: string | undefined;
  readonly #body: CallBody;

  constructor(incoming: IncomingMessage, { signal }: { readonly signal: () => AbortSignal }) {
    this.#incoming = incoming;
    this.#signal = signal;
    this.#body = new CallBody({ whole: () => readBody(incoming), pieces: (limits) => streamBody(incoming, limits) });
  }

  get id(): string {
    this.#id ??= randomUUID();
    return this.#id;
  }

  get method(): string {
    return this.#incoming.method ?? '';
  }

  get url(): string {
    return this.#incoming.url ?? '/';
  }

  get token(): Secret | undefined {
    return presentedToken(this.#incoming.headers);
  }

  get signal(): AbortSignal {
    return this.#signal();
  }

  body(): Promise<Buffer> {
    return this.#body.whole();
  }

  bodyStream(limits: BodyLimits): AsyncIterable<Uint8Array> {
    return this.#body.pieces(limits);
  }
}
