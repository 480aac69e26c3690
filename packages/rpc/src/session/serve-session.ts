import { errorMessage } from '@steppe/domain';
import type { Clock, Logger } from '@steppe/runtime';
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { RpcError } from '../errors.js';
import { rpcError } from '../errors.js';
import type { Direction } from '../handshake/hello.js';
import type { RpcPeerIdentity } from '../handshake/peer-identity.js';
import type { EndpointTable } from '../method/endpoint-table.js';
import type { ResolvedSessionOptions } from '../options.js';
import { encodeFailure } from '../wire/failure.js';
import type { CallMeter, FrameRefusal } from './call-meter.js';
import { TIMEOUT_HEADER } from './call-session.js';
import { abandon, IncomingCall } from './incoming-call.js';
import { keepAlive } from './keep-alive.js';
import { openServingSession } from './session-settings.js';

export interface ServeSessionOptions extends ResolvedSessionOptions {
  readonly peer: RpcPeerIdentity;
  readonly direction: Direction;
}

export interface ServeSessionDeps {
  readonly endpoints: EndpointTable;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: CallMeter;
  readonly onClose: () => void;
}

/** The label of calls whose name is not ours. */
const UNKNOWN = 'unknown';
/** Longest name of a method that is repeated in an answer or a log line. */
const MAX_NAME_LENGTH = 100;
/** Longer deadlines are as good as none, and a timer cannot hold them. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

interface Refused {
  readonly reason: FrameRefusal;
  readonly error: RpcError;
}

/** The answering end of an authenticated connection. */
export class ServeSession {
  readonly peer: RpcPeerIdentity;
  readonly #options: ServeSessionOptions;
  readonly #deps: ServeSessionDeps;
  readonly #session: ServerHttp2Session;
  /** Handlers that run, those included whose caller has stopped: a caller cannot pile them up. */
  #running = 0;
  /** Streams whose answer was sent since the last sweep, and those since the one before that. */
  #answered = new Set<ServerHttp2Stream>();
  #lingering = new Set<ServerHttp2Stream>();

  constructor(socket: Socket, options: ServeSessionOptions, deps: ServeSessionDeps) {
    this.peer = options.peer;
    this.#options = options;
    this.#deps = deps;
    const { logger, meter, clock } = deps;
    const session = openServingSession(socket, options.maxConcurrentCalls);
    this.#session = session;
    const onClosed = meter.sessionOpened(options.direction);
    session.on('stream', (stream, headers) => this.#serve(stream, headers));
    session.on('error', (error) => logger.debug('rpc session failed', { peer: options.peer, error }));
    const sweep = clock.setTicker(options.stopGraceMs, () => this.#sweep());
    session.once('close', () => {
      sweep.cancel();
      onClosed();
      deps.onClose();
    });
    keepAlive(session, options, clock, () => {
      meter.keepAliveLost();
      logger.warn('rpc session closed: the peer does not answer', { peer: options.peer });
      session.destroy();
    });
  }

  /** Ends the session: handlers are told, callers see the connection close. */
  close(): void {
    this.#session.destroy();
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { logger, clock, meter, endpoints } = this.#deps;
    const { peer } = this.#options;
    // Without a listener a reset stream would be an uncaught error.
    stream.on('error', (error) => logger.debug('rpc stream failed', { peer, error }));
    stream.once('finish', () => this.#answered.add(stream));
    stream.once('close', () => this.#forget(stream));
    const name = (headers[':path'] ?? '').slice(1, 1 + MAX_NAME_LENGTH);
    const timeoutMs = parseTimeout(headers[TIMEOUT_HEADER]);
    const endpoint = endpoints.get(name);
    const refused = this.#refusal(name, timeoutMs);
    if (refused !== undefined || endpoint === undefined) {
      this.#refuse(stream, endpoint === undefined ? UNKNOWN : name, refused as Refused);
      return;
    }
    this.#running += 1;
    const call = new IncomingCall(
      stream,
      { endpoint, peer, timeoutMs: timeoutMs as number | undefined },
      {
        clock,
        meter,
        onRefused: (error) => logger.warn('rpc refused', { peer, error: error.message }),
        onFailed: (error) => logger.debug('rpc failed', { method: name, peer, error: errorMessage(error) }),
        onDone: () => (this.#running -= 1),
      },
    );
    call.receive();
  }

  #refusal(name: string, timeoutMs: number | undefined | 'malformed'): Refused | undefined {
    const endpoint = this.#deps.endpoints.get(name);
    if (endpoint === undefined) {
      const error = rpcError({ code: 'RPC_METHOD_UNKNOWN', method: name }, `rpc: can't find method ${name}`);
      return { reason: 'unknown-method', error };
    }
    const { role } = this.peer;
    if (!endpoint.method.callers.includes(role)) {
      const error = rpcError({ code: 'RPC_METHOD_NOT_ALLOWED', method: name }, `rpc: ${name} is not for a ${role}`);
      return { reason: 'not-allowed', error };
    }
    if (timeoutMs === 'malformed') {
      const error = rpcError(
        { code: 'RPC_MESSAGE_INVALID', method: name },
        `rpc: the deadline of ${name} is malformed`,
      );
      return { reason: 'malformed', error };
    }
    if (this.#running >= this.#options.maxConcurrentCalls) {
      const error = rpcError({ code: 'RPC_TOO_MANY_CALLS', method: name }, `rpc: too many calls are running`);
      return { reason: 'too-many', error };
    }
    return undefined;
  }

  #refuse(stream: ServerHttp2Stream, label: string, { reason, error }: Refused): void {
    const { meter, logger } = this.#deps;
    meter.received(label).end(true);
    meter.frameRefused(reason);
    logger.warn('rpc refused', { peer: this.peer, error: error.message });
    stream.resume();
    stream.respond({ ':status': 200 });
    stream.end(encodeFailure(error));
  }

  #forget(stream: ServerHttp2Stream): void {
    this.#answered.delete(stream);
    this.#lingering.delete(stream);
  }

  /** Closes what its caller has left open for at least one interval after the answer. */
  #sweep(): void {
    for (const stream of this.#lingering) {
      this.#deps.meter.streamReset();
      abandon(stream);
    }
    this.#lingering = this.#answered;
    this.#answered = new Set();
  }
}

function parseTimeout(header: string | string[] | undefined): number | undefined | 'malformed' {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !/^\d{1,15}$/.test(header)) return 'malformed';
  const timeoutMs = Number(header);
  return timeoutMs > MAX_TIMEOUT_MS ? undefined : timeoutMs;
}
