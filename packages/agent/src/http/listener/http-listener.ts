import { errorMessage, SteppeError } from '@steppe/domain';
import type { Clock, Logger, Metrics, Phase, Startable, Timer } from '@steppe/runtime';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server as HttpsServer } from 'node:https';
import { createServer as createTcpServer, isIPv6 } from 'node:net';
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { TlsOptions } from 'node:tls';
import { AGENT_METRICS } from '../../metrics/agent-metrics.js';
import type { RequestHandler } from '../express-host.js';
import { ConnectionLimiter } from './connection-limiter.js';
import { refusalBytes } from './raw-reply.js';
import type { TlsSettings } from './tls-settings.js';
import { loadTlsOptions } from './tls-settings.js';

export interface HttpListenerOptions {
  /** IP addresses, one TCP listener each. */
  readonly hosts: readonly string[];
  /** 0 picks a free port per host. */
  readonly port: number;
  readonly tls: TlsSettings | undefined;
  /** `limits.http_max_conns_per_client`; 0 is unlimited. */
  readonly maxConnectionsPerClient: number;
  /** `limits.https_handshake_timeout`, milliseconds: handshake and first request together; 0 is none. */
  readonly handshakeTimeoutMs: number;
}

export interface HttpListenerDeps {
  readonly handler: RequestHandler;
  /** Answers what the HTTP parser refuses. */
  readonly onParseError: (error: Error, socket: Duplex) => void;
  /** Ends live streams, so that their connections can close. */
  readonly onStop: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Go's default limit of a header block, bytes. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** First byte of a TLS handshake record. */
const TLS_HANDSHAKE = 0x16;
/** Detects dead readers of idle streams. */
const KEEP_ALIVE_MS = 15_000;
/** How long running answers may take to finish once the agent stops, milliseconds. */
const DRAIN_MS = 1_000;

const CONNECTIONS_REFUSED = 'Your IP is issuing too many concurrent connections, please rate limit your calls\n';
const PLAIN_ON_TLS = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/**
 * Accepts connections on every configured address. It owns the sockets, their limits and TLS; the HTTP servers behind it
 * never listen themselves, so TLS can be reloaded or switched without giving up the port.
 */
export class HttpListener implements Startable {
  readonly name = 'http';
  readonly phase: Phase = 'listen';
  readonly #options: HttpListenerOptions;
  readonly #deps: HttpListenerDeps;
  readonly #limiter: ConnectionLimiter;
  readonly #listeners: TcpServer[] = [];
  readonly #sockets = new Set<Socket>();
  /** Answers under way, per connection. */
  readonly #answers = new Map<Socket, Set<ServerResponse>>();
  readonly #handshakes = new WeakMap<Socket, Timer>();
  #protocol: HttpServer | HttpsServer | undefined;
  #tls: TlsOptions | undefined;

  constructor(options: HttpListenerOptions, deps: HttpListenerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#limiter = new ConnectionLimiter({ limit: options.maxConnectionsPerClient }, deps);
  }

  /** The addresses really bound. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#listeners.map((listener) => {
      const { address, port } = listener.address() as AddressInfo;
      return { host: address, port };
    });
  }

  async start(): Promise<void> {
    try {
      await this.reloadTls(this.#options.tls);
      for (const host of this.#options.hosts) this.#listeners.push(await this.#listen(host));
    } catch (error) {
      throw new SteppeError({ code: 'HTTP_LISTEN_FAILED' }, `Error starting http server: ${errorMessage(error)}`, {
        cause: error,
      });
    }
  }

  /** New connections get these settings; established ones keep theirs. Nothing changes when a file cannot be used. */
  async reloadTls(settings: TlsSettings | undefined): Promise<void> {
    const tls = settings === undefined ? undefined : await loadTlsOptions(settings);
    this.#protocol = this.#createProtocolServer(tls);
    this.#tls = tls;
  }

  async stop(): Promise<void> {
    const closed = this.#listeners.map((listener) => new Promise<void>((resolve) => listener.close(() => resolve())));
    this.#deps.onStop();
    const drain = this.#deps.clock.setTimer(DRAIN_MS, () => this.#destroySockets());
    // A connection without a request in flight has nothing to wait for.
    for (const socket of this.#sockets) if (!this.#answers.has(socket)) socket.destroy();
    await Promise.all(closed);
    drain.cancel();
  }

  #destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #listen(host: string): Promise<TcpServer> {
    const { port } = this.#options;
    const listener = createTcpServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    listener.on('connection', (socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      listener.once('error', (error: NodeJS.ErrnoException) => {
        const address = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
        const reason = error.code === 'EADDRINUSE' ? 'bind: address already in use' : error.message;
        reject(new Error(`listen tcp ${address}: ${reason}`, { cause: error }));
      });
      listener.listen(port, host, () => resolve(listener));
    });
  }

  #accept(socket: Socket): void {
    // Without a listener the error of a socket that nobody reads yet would end the process.
    socket.on('error', (error) => this.#deps.logger.trace('connection failed', { error }));
    const address = socket.remoteAddress ?? '';
    const admission = this.#limiter.admit(address);
    if (admission !== 'admitted') {
      this.#deps.metrics.incrCounter(AGENT_METRICS.httpRefused);
      this.#refuse(socket, admission === 'refused');
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#answers.delete(socket);
      this.#limiter.release(address);
    });
    if (this.#tls === undefined) this.#protocol?.emit('connection', socket);
    else this.#acceptTls(socket);
  }

  #acceptTls(socket: Socket): void {
    const { handshakeTimeoutMs } = this.#options;
    if (handshakeTimeoutMs > 0) {
      const timer = this.#deps.clock.setTimer(handshakeTimeoutMs, () => socket.destroy());
      this.#handshakes.set(socket, timer);
      socket.once('close', () => timer.cancel());
    }
    socket.once('readable', () => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) return;
      if (first[0] !== TLS_HANDSHAKE) {
        socket.end(PLAIN_ON_TLS);
        return;
      }
      socket.unshift(first);
      this.#protocol?.emit('connection', socket);
    });
  }

  #refuse(socket: Socket, withReply: boolean): void {
    if (!withReply) {
      socket.destroy();
      return;
    }
    const reply = refusalBytes('429 Too Many Requests', 'text/plain', CONNECTIONS_REFUSED);
    if (this.#tls === undefined) {
      socket.end(reply);
      socket.resume();
      return;
    }
    const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(this.#tls) });
    const timer = this.#deps.clock.setTimer(DRAIN_MS, () => socket.destroy());
    socket.once('close', () => timer.cancel());
    secure.on('error', () => socket.destroy());
    secure.once('secure', () => secure.end(reply));
    secure.resume();
  }

  #createProtocolServer(tls: TlsOptions | undefined): HttpServer | HttpsServer {
    const options: ServerOptions = {
      maxHeaderSize: MAX_HEADER_BYTES,
      // Long polls and streams live as long as their reader; idle connections are bounded per client.
      requestTimeout: 0,
      headersTimeout: 0,
      keepAliveTimeout: 0,
    };
    const handler: RequestHandler = (request, response) => this.#serve(request, response);
    const server =
      tls === undefined ? createHttpServer(options, handler) : createHttpsServer({ ...options, ...tls }, handler);
    server.maxHeadersCount = 0;
    server.on('clientError', (error, socket) => this.#refuseUnparsed(error, socket));
    server.on('connect', (request, socket) => this.#refuseUnparsed(new UnsupportedMethod(request.url ?? ''), socket));
    server.on('tlsClientError', (error: Error) => this.#deps.logger.debug('tls handshake failed', { error }));
    return server;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const socket = rawSocket(request.socket);
    this.#handshakes.get(socket)?.cancel();
    const answers = this.#answers.get(socket) ?? new Set();
    this.#answers.set(socket, answers.add(response));
    response.once('close', () => {
      answers.delete(response);
      if (answers.size === 0) this.#answers.delete(socket);
    });
    this.#deps.handler(request, response);
  }

  /** While an answer goes out, a second one would land in its middle: such a connection just ends. */
  #refuseUnparsed(error: Error, socket: Duplex): void {
    const answers = this.#answers.get(rawSocket(socket as Socket)) ?? [];
    if ([...answers].some(({ headersSent, writableEnded }) => headersSent && !writableEnded)) socket.destroy();
    else this.#deps.onParseError(error, socket);
  }
}

/** `CONNECT` reaches a server as an event of its own, not as a request. */
export class UnsupportedMethod extends Error {
  readonly path: string;

  constructor(path: string) {
    super('method not supported');
    this.path = path;
  }
}

/** The TCP socket below a TLS one. */
function rawSocket(socket: Socket): Socket {
  return (socket as Socket & { readonly _parent?: Socket })._parent ?? socket;
}
