import type { NodeRegistration } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Metrics } from '@steppe/runtime';
import type { NodeIdentity } from '../identity/node-identity.js';
import { CLIENT_METRICS } from '../metrics.js';
import { checkHeartbeatReply } from '../servers/heartbeat-reply.js';
import type { ServerCaller } from '../servers/server-caller.js';
import { isNodeNotFound, isNoLeader } from '../servers/server-failure.js';
import type { HeartbeatReply, ServerLink } from '../servers/server-link.js';
import type { HeartbeatDelays } from './heartbeat-delays.js';
import { Pause } from './pause.js';

export interface HeartbeatLoopDeps {
  readonly identity: NodeIdentity;
  readonly link: Pick<ServerLink, 'register' | 'updateStatus'>;
  readonly caller: ServerCaller;
  readonly delays: HeartbeatDelays;
  /** Called before each try; its rejection fails the try. */
  readonly prepare: () => Promise<void>;
  /** Called with every reply that makes sense. */
  readonly onReply: (reply: HeartbeatReply, contact: ContactKind) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The last time a server accepted a registration or heartbeat. */
export interface Contact {
  /** Time of the clock's `monotonic()`. */
  readonly atMs: number;
  /** What the server asked for, milliseconds. */
  readonly heartbeatTtlMs: number;
}

/** A heartbeat sent in time is answered within this, milliseconds. */
const PUNCTUAL_MS = 1_000;

/** What kind of contact a reply belongs to. */
export interface ContactKind {
  /** A heartbeat, not a registration. */
  readonly isBeat: boolean;
  /**
   * The first of its kind after the node had been silent for longer than the servers wait, or forgotten: they take the work of
   * such a node for lost until it has told of it.
   */
  readonly isAnew: boolean;
}

/** Registers the node, then keeps it alive: one call at a time, until stopped. */
export class HeartbeatLoop {
  readonly #deps: HeartbeatLoopDeps;
  readonly #pause: Pause;
  /** What the servers know of the node, as far as they told us. */
  #standing: 'unknown' | 'registered' | 'forgotten' = 'unknown';
  #hasContactedServers = false;
  #contact: Contact | undefined;
  #isOutOfTouch = false;

  constructor(deps: HeartbeatLoopDeps) {
    this.#deps = deps;
    this.#pause = new Pause(deps);
  }

  get contact(): Contact | undefined {
    return this.#contact;
  }

  /** Ends the current wait: the next try comes at once. */
  wake(): void {
    this.#pause.wake();
  }

  /** Resolves once the signal aborted; never rejects. */
  async run(registration: NodeRegistration, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const end = (): void => this.#pause.wake();
    signal.addEventListener('abort', end, { once: true });
    while (!signal.aborted) {
      const delayMs = await this.#turn(registration, signal);
      if (!signal.aborted) await this.#pause.wait(delayMs);
    }
    signal.removeEventListener('abort', end);
  }

  /** @returns milliseconds to the next turn */
  async #turn(registration: NodeRegistration, signal: AbortSignal): Promise<number> {
    try {
      await this.#deps.prepare();
      return this.#standing === 'registered' ? await this.#beat(signal) : await this.#register(registration, signal);
    } catch (error) {
      return signal.aborted ? 0 : this.#failed(error);
    }
  }

  async #register(registration: NodeRegistration, signal: AbortSignal): Promise<number> {
    const { delays, identity, link, logger, metrics } = this.#deps;
    await this.#call((server) => link.register(server, registration, identity.secret, { signal }), signal);
    metrics.incrCounter(CLIENT_METRICS.registered);
    logger.info('node registration complete', { node_id: identity.id });
    const again = this.#standing === 'forgotten';
    this.#standing = 'registered';
    return delays.afterRegistering({ again });
  }

  async #beat(signal: AbortSignal): Promise<number> {
    const { identity, link, logger, metrics } = this.#deps;
    const reply = await this.#call((server) => link.updateStatus(server, identity, 'ready', { signal }), signal);
    metrics.incrCounter(CLIENT_METRICS.heartbeat);
    logger.trace('heartbeat accepted', { index: reply.index, ttl_ms: reply.heartbeatTtlMs });
    this.#hasContactedServers = true;
    return reply.heartbeatTtlMs;
  }

  async #call(perform: (server: string) => Promise<HeartbeatReply>, signal: AbortSignal): Promise<HeartbeatReply> {
    const { caller, clock, onReply } = this.#deps;
    const isBeat = this.#standing === 'registered';
    const reply = await caller.call(async (server) => checkHeartbeatReply(server, await perform(server)), { signal });
    const isAnew = this.#isOutOfTouch || this.#leftMs() < -PUNCTUAL_MS;
    this.#isOutOfTouch = isAnew && !isBeat;
    this.#contact = { atMs: clock.monotonic(), heartbeatTtlMs: reply.heartbeatTtlMs };
    onReply(reply, { isBeat, isAnew });
    return reply;
  }

  #failed(error: unknown): number {
    const { delays, logger, metrics } = this.#deps;
    const wasRegistered = this.#standing === 'registered';
    metrics.incrCounter(wasRegistered ? CLIENT_METRICS.heartbeatFailed : CLIENT_METRICS.registrationFailed);
    if (wasRegistered && isNodeNotFound(error)) {
      logger.warn('servers do not know this node; registering again');
      this.#standing = 'forgotten';
      this.#isOutOfTouch = true;
      return 0;
    }
    const delayMs = delays.afterFailure({
      hasContactedServers: this.#hasContactedServers,
      noLeader: isNoLeader(error),
      leftMs: this.#leftMs(),
    });
    logger.warn(wasRegistered ? 'heartbeat failed' : 'node registration failed', {
      error: errorMessage(error),
      retry_ms: Math.round(delayMs),
    });
    return delayMs;
  }

  /** Until the servers expect a heartbeat; negative when it is late, 0 before the first contact. */
  #leftMs(): number {
    if (this.#contact === undefined) return 0;
    return this.#contact.atMs + this.#contact.heartbeatTtlMs - this.#deps.clock.monotonic();
  }
}
