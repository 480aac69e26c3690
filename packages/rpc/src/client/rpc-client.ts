import type { Clock, Logger, Metrics, Phase, Random, Startable } from '@steppe/runtime';
import type { RpcError } from '../errors.js';
import { rpcError } from '../errors.js';
import type { RpcIdentity } from '../handshake/peer-identity.js';
import type { RpcSecurity } from '../handshake/security.js';
import type { RpcMethod, RpcStream } from '../method/rpc-method.js';
import type { ResolvedSessionOptions, RpcSessionOptions } from '../options.js';
import { DEFAULT_SESSION_OPTIONS } from '../options.js';
import { CallMeter } from '../session/call-meter.js';
import type { RpcCallOptions, RpcStreamCallOptions } from '../session/call-session.js';
import { CallSession } from '../session/call-session.js';
import { Backoff } from './backoff.js';
import { Dialler } from './dialler.js';

/** Longest wait after failed dials to one address, milliseconds: a server that is back must not stay unused for long. */
const RETRY = { baseMs: 100, maxMs: 3_000 };
/** Deadline of a unary call that sets none, milliseconds. */
export const DEFAULT_TIMEOUT_MS = 10_000;
export const DEFAULT_DIAL_TIMEOUT_MS = 10_000;

export interface RpcClientOptions extends RpcSessionOptions {
  /** Deadline of a unary call that sets none, milliseconds; default 10 000. */
  readonly defaultTimeoutMs?: number;
  /** Longest time to connect and authenticate, milliseconds; default 10 000. Nomad's `rpc.dial_timeout`. */
  readonly dialTimeoutMs?: number;
}

export interface RpcClientDeps {
  /** Who this agent is to those it calls. */
  readonly self: () => RpcIdentity;
  readonly security: RpcSecurity;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

interface RpcRegionOptions {
  /** Region the server must be of; default our own. */
  readonly region?: string;
}

export interface RpcAddressOptions extends RpcCallOptions, RpcRegionOptions {}

export interface RpcStreamAddressOptions extends RpcStreamCallOptions, RpcRegionOptions {}

/**
 * Calls methods of servers; keeps one session per address and opens a new one when it is lost. After a failed dial further
 * calls to that address fail at once for a while that grows with the failures, three seconds at most: the caller may have
 * another server to turn to.
 */
export interface RpcClient {
  /**
   * @param address - `ip:port`, IPv6 in brackets
   * @throws any code of this package's `errors.ts`, the code of what the remote handler threw, the signal's reason
   */
  call<Request, Reply>(
    address: string,
    method: RpcMethod<Request, Reply>,
    request: Request,
    options?: RpcAddressOptions,
  ): Promise<Reply>;
  /**
   * Calls when the iteration begins. Breaking out of it stops the peer; a reader that pauses slows the peer down. The
   * iteration throws what `call` does.
   */
  stream<Request, Item>(
    address: string,
    method: RpcStream<Request, Item>,
    request: Request,
    options?: RpcStreamAddressOptions,
  ): AsyncIterable<Item>;
}

/** What is known of one address. */
interface Target {
  readonly backoff: Backoff;
  session: CallSession | undefined;
  /** A dial that is under way; calls share it. */
  dialling: Promise<CallSession> | undefined;
  /** The last dial's failure, and until when it stands (monotonic milliseconds). */
  failure: { readonly error: RpcError; readonly untilMs: number } | undefined;
}

export class Http2RpcClient implements RpcClient, Startable {
  readonly name = 'rpc-client';
  readonly phase: Phase = 'storage';
  readonly #session: ResolvedSessionOptions;
  readonly #defaultTimeoutMs: number;
  readonly #deps: RpcClientDeps;
  readonly #meter: CallMeter;
  readonly #dialler: Dialler;
  readonly #targets = new Map<string, Target>();
  #isStopped = false;

  constructor(options: RpcClientOptions, deps: RpcClientDeps) {
    const { defaultTimeoutMs = DEFAULT_TIMEOUT_MS, dialTimeoutMs = DEFAULT_DIAL_TIMEOUT_MS, ...session } = options;
    this.#session = { ...DEFAULT_SESSION_OPTIONS, ...session };
    this.#defaultTimeoutMs = defaultTimeoutMs;
    this.#deps = deps;
    this.#meter = new CallMeter('dialler', deps);
    this.#dialler = new Dialler({ dialTimeoutMs }, { ...deps, meter: this.#meter });
  }

  async start(): Promise<void> {
    // Sessions are opened by the first call.
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#dialler.close();
    const targets = [...this.#targets.values()];
    for (const target of targets) target.session?.close();
    await Promise.allSettled(targets.flatMap(({ dialling }) => dialling ?? []));
    this.#targets.clear();
  }

  async call<Request, Reply>(
    address: string,
    method: RpcMethod<Request, Reply>,
    request: Request,
    { timeoutMs = this.#defaultTimeoutMs, signal, region }: RpcAddressOptions = {},
  ): Promise<Reply> {
    const { clock } = this.#deps;
    const start = clock.monotonic();
    const options = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
    const session = await this.#sessionTo(address, region, method.name, options);
    const leftMs = timeoutMs - (clock.monotonic() - start);
    return session.call(method, request, { ...options, timeoutMs: leftMs });
  }

  async *stream<Request, Item>(
    address: string,
    method: RpcStream<Request, Item>,
    request: Request,
    { region, ...options }: RpcStreamAddressOptions = {},
  ): AsyncGenerator<Item, void, undefined> {
    const session = await this.#sessionTo(address, region, method.name, options);
    yield* session.stream(method, request, options);
  }

  async #sessionTo(
    address: string,
    region: string | undefined,
    method: string,
    { timeoutMs, signal }: RpcCallOptions,
  ): Promise<CallSession> {
    signal?.throwIfAborted();
    const target = this.#targetOf(address, region);
    if (target.session?.isOpen === true) return target.session;
    const { failure } = target;
    if (failure !== undefined && this.#deps.clock.monotonic() < failure.untilMs) throw failure.error;
    target.dialling ??= this.#open(target, address, region).finally(() => (target.dialling = undefined));
    return this.#waitFor(target.dialling, address, method, timeoutMs, signal);
  }

  /** A dial serves every call that waits for it; a call may give up earlier. */
  #waitFor(
    dialling: Promise<CallSession>,
    address: string,
    method: string,
    timeoutMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<CallSession> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal?.reason as Error);
      const timer =
        timeoutMs === undefined
          ? undefined
          : this.#deps.clock.setTimer(timeoutMs, () => {
              const sentence = `rpc: ${method} at ${address} took longer than ${timeoutMs} ms`;
              reject(rpcError({ code: 'RPC_DEADLINE_EXCEEDED', method }, sentence));
            });
      signal?.addEventListener('abort', onAbort, { once: true });
      dialling.then(resolve, reject).finally(() => {
        timer?.cancel();
        signal?.removeEventListener('abort', onAbort);
      });
    });
  }

  async #open(target: Target, address: string, region: string | undefined): Promise<CallSession> {
    const { clock } = this.#deps;
    try {
      const { socket, peer } = await this.#dialler.dial({
        address,
        direction: 'forward',
        ...(region === undefined ? {} : { region }),
      });
      const session = new CallSession(
        socket,
        { ...this.#session, peer, direction: 'forward', target: address, defaultTimeoutMs: this.#defaultTimeoutMs },
        { clock, meter: this.#meter, onClose: () => this.#onClosed(target, session) },
      );
      target.backoff.reset();
      target.failure = undefined;
      target.session = session;
      if (this.#isStopped) session.close();
      return session;
    } catch (error) {
      target.failure = { error: error as RpcError, untilMs: clock.monotonic() + target.backoff.next() };
      throw error;
    }
  }

  #onClosed(target: Target, session: CallSession): void {
    if (target.session === session) target.session = undefined;
  }

  /** An address that is asked for as another region's is another target: the name in its certificate differs. */
  #targetOf(address: string, region: string | undefined): Target {
    const key = `${region ?? ''} ${address}`;
    let target = this.#targets.get(key);
    if (target === undefined) {
      const backoff = new Backoff(RETRY, this.#deps.random);
      target = { backoff, session: undefined, dialling: undefined, failure: undefined };
      this.#targets.set(key, target);
    }
    return target;
  }
}
