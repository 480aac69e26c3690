import { errorMessage } from '@steppe/domain';
import type { Secret } from '@steppe/domain';
import type { Clock, Logger, Metrics } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type * as Grpc from '@grpc/grpc-js';
import { stateError } from '../../errors.js';
import { STATE_METRICS } from '../../metrics.js';
import type {
  LeaseReply as LeaseReplyMessage,
  RangeRequest as RangeRequestMessage,
  RangeResponse as RangeResponseMessage,
  TxnRequest as TxnRequestMessage,
  TxnResponse as TxnResponseMessage,
  WatchCreateRequest,
  WatchResponse as WatchResponseMessage,
} from './wire/etcd-messages.js';
import {
  AuthenticateRequest,
  AuthenticateResponse,
  LeaseGrantRequest,
  LeaseId,
  LeaseReply,
  Nothing,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchRequest,
  WatchResponse,
} from './wire/etcd-messages.js';
import type { MessageCodec } from './wire/protobuf.js';

export interface EtcdClientOptions {
  /** `host:port` of etcd's members, at least one; IPv6 in brackets. */
  readonly addresses: readonly string[];
  /** PEM texts. Absent for connections in the clear. */
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: Secret };
  readonly user?: { readonly name: string; readonly password: Secret };
  /**
   * How long one member has to answer before the next is asked, milliseconds, default 1000. A member that forwards to a
   * dead etcd leader would keep us waiting much longer.
   */
  readonly attemptTimeoutMs?: number;
}

export interface CallOptions {
  /** For all attempts together, milliseconds, default 5000. */
  readonly timeoutMs?: number;
}

export interface WatchHandlers {
  /** Comes every second at least, without events when there are none: then nothing was missed. */
  onResponse(response: WatchResponseMessage): void;
  /** The watch is over, and not by our doing. */
  onEnd(error: unknown): void;
}

export interface EtcdClientDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

// gRPC status codes after which another attempt may go better.
const RETRYABLE = new Set([1, 2, 4, 13, 14]);
const UNAUTHENTICATED = 16;
/** etcd's words for a token from before the users were changed. */
const STALE_TOKEN = /revision of auth store is old|invalid auth token/;

type Call = {
  readonly path: string;
  readonly request: MessageCodec<never>;
  readonly reply: MessageCodec<never>;
};
const call = (path: string, request: unknown, reply: unknown): Call => ({
  path: `/etcdserverpb.${path}`,
  request: request as MessageCodec<never>,
  reply: reply as MessageCodec<never>,
});
const RANGE = call('KV/Range', RangeRequest, RangeResponse);
const TXN = call('KV/Txn', TxnRequest, TxnResponse);
const GRANT = call('Lease/LeaseGrant', LeaseGrantRequest, LeaseReply);
const REVOKE = call('Lease/LeaseRevoke', LeaseId, Nothing);
const KEEP_ALIVE = call('Lease/LeaseKeepAlive', LeaseId, LeaseReply);
/** How often a member is asked whether a watch still works, milliseconds. */
const PROGRESS_MS = 1_000;
/** A watch from which nothing was heard for this long is over, milliseconds, whatever TCP says. */
const SILENCE_MS = 3 * PROGRESS_MS;
const AUTHENTICATE = call('Auth/Authenticate', AuthenticateRequest, AuthenticateResponse);
const WATCH = call('Watch/Watch', WatchRequest, WatchResponse);

/**
 * What we need of etcd, over its own protocol. Every call has a deadline; within it, members are asked one after another
 * until one answers. So every call may happen more than once: whoever calls makes sure that this does no harm.
 * @throws STATE_ENGINE_UNAVAILABLE when nobody answered in time, STATE_STORAGE_FAILED when etcd refused (its error is the cause)
 */
export class EtcdClient {
  readonly #options: EtcdClientOptions;
  readonly #deps: EtcdClientDeps;
  readonly #channels = new Map<string, Grpc.Client>();
  /** Ways to stop them. */
  readonly #watches = new Set<() => void>();
  /** Position in the list of addresses of the member that is asked first. */
  #current = 0;
  #token: Promise<string | undefined> | undefined;
  #isClosed = false;

  constructor(options: EtcdClientOptions, deps: EtcdClientDeps) {
    if (options.addresses.length === 0) throw new RangeError('etcd needs at least one address');
    this.#options = options;
    this.#deps = deps;
  }

  range(request: Partial<RangeRequestMessage>, options?: CallOptions): Promise<RangeResponseMessage> {
    return this.#retry(RANGE, request, options).then(({ reply }) => reply as RangeResponseMessage);
  }

  /** @returns also how often it was tried: after more than one attempt, an earlier one may have been carried out */
  async txn(
    request: TxnRequestMessage,
    options?: CallOptions,
  ): Promise<TxnResponseMessage & { readonly attempts: number }> {
    const { reply, attempts } = await this.#retry(TXN, request, options);
    return { ...(reply as TxnResponseMessage), attempts };
  }

  leaseGrant(ttl: number, options?: CallOptions): Promise<LeaseReplyMessage> {
    return this.#retry(GRANT, { ttl }, options).then(({ reply }) => reply as LeaseReplyMessage);
  }

  leaseKeepAlive(id: bigint, options?: CallOptions): Promise<LeaseReplyMessage> {
    return this.#retry(KEEP_ALIVE, { id }, options).then(({ reply }) => reply as LeaseReplyMessage);
  }

  async leaseRevoke(id: bigint, options?: CallOptions): Promise<void> {
    await this.#retry(REVOKE, { id }, options);
  }

  /**
   * Watches on the current member, and ends when that does not answer any more. After its end another call goes to the next
   * one. Returns the way to stop.
   */
  watch(request: Partial<WatchCreateRequest>, handlers: WatchHandlers): () => void {
    let isOver = false;
    let stream: Grpc.ClientDuplexStream<unknown, unknown> | undefined;
    const { clock } = this.#deps;
    let heardAt = clock.monotonic();
    const end = (error: unknown): void => {
      if (isOver) return;
      stop();
      this.#current += 1;
      // It may have been for a token that is no longer good, and asking for one is cheap.
      this.#token = undefined;
      handlers.onEnd(error);
    };
    const stop = (): void => {
      isOver = true;
      ticker.cancel();
      this.#watches.delete(stop);
      stream?.cancel();
    };
    const ticker = clock.setTicker(PROGRESS_MS, () => {
      if (clock.monotonic() - heardAt > SILENCE_MS) end(new Error('etcd does not answer on the watch'));
      else stream?.write({ progress: {} });
    });
    const begin = async (): Promise<void> => {
      const { metadata, client } = await this.#prepare(this.#address());
      if (this.#isClosed) stop();
      if (isOver) return;
      // A member without a leader ends the stream, instead of leaving us with yesterday's state.
      metadata.set('hasleader', 'true');
      stream = client.makeBidiStreamRequest(WATCH.path, encoder(WATCH), decoder(WATCH), metadata, {});
      stream.on('data', (response: WatchResponseMessage) => {
        heardAt = clock.monotonic();
        if (!isOver) handlers.onResponse(response);
        if (response.canceled) end(new Error(response.cancelReason || 'etcd cancelled the watch'));
      });
      stream.on('error', end);
      stream.on('end', () => end(new Error('etcd ended the watch')));
      stream.write({ create: request });
    };
    this.#watches.add(stop);
    begin().catch(end);
    return stop;
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#watches) stop();
    this.#watches.clear();
    for (const client of this.#channels.values()) client.close();
    this.#channels.clear();
  }

  async #retry(what: Call, request: object, { timeoutMs = 5_000 }: CallOptions = {}) {
    const { clock, metrics, logger } = this.#deps;
    const deadline = clock.monotonic() + timeoutMs;
    let lastError: unknown;
    for (let attempts = 1; ; attempts += 1) {
      const leftMs = deadline - clock.monotonic();
      if (this.#isClosed) throw stateError({ code: 'STATE_CLOSED' }, 'the state is not open');
      if (leftMs <= 0) throw this.#unavailable(lastError);
      const address = this.#address();
      try {
        const reply = await this.#attempt(address, what, request, Math.min(leftMs, this.#attemptMs));
        return { reply, attempts };
      } catch (error) {
        lastError = error;
        const code = codeOf(error);
        const isStale = code === UNAUTHENTICATED || STALE_TOKEN.test(errorMessage(error));
        if (isStale && this.#options.user !== undefined && attempts <= 2) this.#token = undefined;
        else if (code === undefined || !RETRYABLE.has(code)) {
          throw stateError({ code: 'STATE_STORAGE_FAILED' }, `etcd refused: ${errorMessage(error)}`, error);
        } else this.#current += 1;
        metrics.incrCounter(STATE_METRICS.etcdRetries, 1, { code: `${code}` });
        logger.debug('etcd call is tried again', { address, call: what.path, error: errorMessage(error) });
        // Once everybody was asked, give them a moment.
        if (attempts % this.#options.addresses.length === 0) await sleep(clock, Math.min(50, Math.max(0, leftMs)));
      }
    }
  }

  get #attemptMs(): number {
    return this.#options.attemptTimeoutMs ?? 1_000;
  }

  async #attempt(address: string, what: Call, request: object, timeoutMs: number): Promise<unknown> {
    const { metadata, client } = await this.#prepare(address, timeoutMs);
    const options = { deadline: this.#deps.clock.now() + timeoutMs };
    if (what === KEEP_ALIVE) return this.#oneOfStream(client, what, request, metadata, options);
    return unary(client, what, request, metadata, options);
  }

  /** Renewing a lease is a stream by its nature; one request and its reply are enough for us. */
  #oneOfStream(client: Grpc.Client, what: Call, request: object, metadata: Grpc.Metadata, options: Grpc.CallOptions) {
    return new Promise((resolve, reject) => {
      const stream = client.makeBidiStreamRequest(what.path, encoder(what), decoder(what), metadata, options);
      stream.on('error', reject);
      stream.on('end', () => reject(Object.assign(new Error('etcd ended the stream'), { code: 14 })));
      stream.on('data', (reply) => {
        resolve(reply);
        stream.cancel();
      });
      stream.write(request);
    });
  }

  async #prepare(address: string, timeoutMs = this.#attemptMs) {
    const grpc = await loadGrpc();
    const client = this.#channel(grpc, address);
    const metadata = new grpc.Metadata();
    const token = await this.#authenticated(grpc, client, timeoutMs);
    if (token !== undefined) metadata.set('token', token);
    return { metadata, client };
  }

  #authenticated(grpc: GrpcModule, client: Grpc.Client, timeoutMs: number): Promise<string | undefined> {
    const { user } = this.#options;
    if (user === undefined) return Promise.resolve(undefined);
    if (this.#token === undefined) {
      const options = { deadline: this.#deps.clock.now() + timeoutMs };
      const request = { name: user.name, password: user.password.reveal() };
      const token = unary(client, AUTHENTICATE, request, new grpc.Metadata(), options).then(
        (reply) => (reply as AuthenticateResponse).token,
      );
      this.#token = token;
      // Not kept when it failed.
      token.catch(() => (this.#token = undefined));
    }
    return this.#token;
  }

  #address(): string {
    const { addresses } = this.#options;
    return addresses[this.#current % addresses.length] as string;
  }

  #channel(grpc: GrpcModule, address: string): Grpc.Client {
    const known = this.#channels.get(address);
    if (known !== undefined) return known;
    const client = new grpc.Client(address, this.#credentials(grpc), {
      'grpc.max_receive_message_length': 64 * 1_024 * 1_024,
      // Not more often: etcd hangs up on clients that ask more than every five seconds.
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 3_000,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
      // No channel shared with anybody else in the process.
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#channels.set(address, client);
    return client;
  }

  #credentials(grpc: GrpcModule): Grpc.ChannelCredentials {
    const { tls } = this.#options;
    if (tls === undefined) return grpc.credentials.createInsecure();
    const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
    return grpc.credentials.createSsl(pem(tls.ca), pem(tls.key?.reveal()), pem(tls.certificate));
  }

  #unavailable(cause: unknown) {
    const addresses = this.#options.addresses.join(', ');
    return stateError(
      { code: 'STATE_ENGINE_UNAVAILABLE' },
      `etcd at ${addresses} does not answer: ${errorMessage(cause)}`,
      cause,
    );
  }
}

type GrpcModule = typeof Grpc.default;

/**
 * gRPC is large: loaded only by agents whose state is in etcd.
 * It is CommonJS, of which only the default export is there in every form, bundled or not.
 */
const loadGrpc = async (): Promise<GrpcModule> => (await import('@grpc/grpc-js')).default;

const encoder =
  ({ request }: Call) =>
  (message: unknown) =>
    request.encode(message as never);
const decoder =
  ({ reply }: Call) =>
  (bytes: Buffer) =>
    reply.decode(bytes) as unknown;

function unary(
  client: Grpc.Client,
  what: Call,
  request: object,
  metadata: Grpc.Metadata,
  options: Grpc.CallOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(what.path, encoder(what), decoder(what), request, metadata, options, (error, reply) => {
      if (error === null) resolve(reply);
      else reject(error);
    });
  });
}

/** The gRPC status code of an error, `undefined` for an error of another kind. */
function codeOf(error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}
