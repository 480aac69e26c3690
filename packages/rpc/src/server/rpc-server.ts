import { errorMessage } from '@steppe/domain';
import type { Logger, Metrics, Phase, Startable } from '@steppe/runtime';
import { collectByKey } from '@steppe/runtime';
import { createServer } from 'node:http2';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { isIPv6 } from 'node:net';
import { rpcError } from '../errors.js';
import { encodeFailure, readMessage } from '../method/message.js';
import type { RpcEndpoint } from '../method/rpc-method.js';
import { RPC_METRICS } from '../metrics.js';

export interface RpcServerOptions {
  /** IP address to listen on. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Sessions beyond this many from one address are refused; 0 is unlimited. `limits.rpc_max_conns_per_client`. */
  readonly maxSessionsPerAddress: number;
  /** Told the port once it is bound. */
  readonly onListening?: (port: number) => void;
}

export interface RpcServerDeps {
  readonly endpoints: readonly RpcEndpoint[];
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Whether the peer runs on this machine: it talks to us over loopback, or to one of our addresses from that same address. */
const isLocal = ({ remoteAddress = '', localAddress }: Socket): boolean =>
  remoteAddress === localAddress || remoteAddress === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(remoteAddress);

/** The listener for calls between agents: HTTP/2, one stream a call, JSON in and out. */
export class RpcServer implements Startable {
  readonly name = 'rpc';
  /** Before membership: what gossip tells of us includes this listener's port. */
  readonly phase: Phase = 'storage';
  readonly #options: RpcServerOptions;
  readonly #deps: RpcServerDeps;
  readonly #endpoints: ReadonlyMap<string, RpcEndpoint>;
  readonly #sessions = new Map<ServerHttp2Session, string>();
  #server: Http2Server | undefined;

  constructor(options: RpcServerOptions, deps: RpcServerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#endpoints = collectByKey('RpcEndpoint', deps.endpoints, (endpoint) => endpoint.method.name);
  }

  /** The port really bound; the configured one before start. */
  get port(): number {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    return address?.port ?? this.#options.port;
  }

  async start(): Promise<void> {
    const server = createServer({ settings: { maxConcurrentStreams: 256 }, maxSessionMemory: 16 });
    server.on('session', (session) => this.#accept(session));
    server.on('sessionError', (error) => this.#deps.logger.debug('rpc session failed', { error }));
    server.on('stream', (stream, headers) => void this.#serve(stream, headers));
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const address = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
        const reason = error.code === 'EADDRINUSE' ? 'bind: address already in use' : error.message;
        reject(rpcError({ code: 'RPC_LISTEN_FAILED', address }, `listen tcp ${address}: ${reason}`, error));
      });
      server.listen(port, host, resolve);
    });
    this.#server = server;
    this.#options.onListening?.(this.port);
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const session of this.#sessions.keys()) session.destroy();
    await closed;
  }

  #accept(session: ServerHttp2Session): void {
    const address = session.socket.remoteAddress ?? '';
    const { maxSessionsPerAddress } = this.#options;
    const open = [...this.#sessions.values()].filter((other) => other === address).length;
    if (maxSessionsPerAddress > 0 && open >= maxSessionsPerAddress) {
      this.#deps.logger.warn('rpc session refused: too many from one address', {
        address,
        limit: maxSessionsPerAddress,
      });
      session.destroy();
      return;
    }
    this.#sessions.set(session, address);
    this.#reportSessions();
    session.once('close', () => {
      this.#sessions.delete(session);
      this.#reportSessions();
    });
  }

  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const abort = new AbortController();
    stream.once('close', () => abort.abort(new Error('the caller is gone')));
    // Without a listener a reset stream would be an uncaught error.
    stream.on('error', (error) => this.#deps.logger.debug('rpc stream failed', { error }));
    const name = headers[':path']?.replace(/^\/rpc\//, '') ?? '';
    let status = 200;
    let reply: unknown;
    try {
      reply = await this.#call(stream, name, abort.signal);
    } catch (error) {
      status = 500;
      reply = encodeFailure(error);
      this.#deps.metrics.incrCounter(RPC_METRICS.failed, 1, { method: this.#label(name) });
      this.#deps.logger.debug('rpc failed', { method: name, error: errorMessage(error) });
    }
    if (stream.destroyed || stream.closed) return;
    stream.respond({ ':status': status, 'content-type': 'application/json' });
    // Closing ends an upload that is still going on; a finished one is not disturbed.
    stream.end(JSON.stringify(reply ?? null), () => stream.close());
  }

  async #call(stream: ServerHttp2Stream, name: string, signal: AbortSignal): Promise<unknown> {
    this.#deps.metrics.incrCounter(RPC_METRICS.received, 1, { method: this.#label(name) });
    const endpoint = this.#endpoints.get(name);
    if (endpoint === undefined) {
      throw rpcError({ code: 'RPC_METHOD_UNKNOWN', method: name }, `rpc: can't find method ${name}`);
    }
    const socket = stream.session?.socket;
    if (endpoint.method.access === 'local' && (socket === undefined || !isLocal(socket))) {
      throw rpcError(
        { code: 'RPC_PEER_NOT_ALLOWED', method: name },
        `rpc: ${name} is only for peers on the same machine`,
      );
    }
    const request = await readMessage(stream, name);
    return endpoint.handle(request as never, { signal, remoteAddress: socket?.remoteAddress ?? '' });
  }

  /** An unknown name comes from outside: as a label it could grow without bound. */
  #label(name: string): string {
    return this.#endpoints.has(name) ? name : 'unknown';
  }

  #reportSessions(): void {
    this.#deps.metrics.setGauge(RPC_METRICS.sessions, this.#sessions.size);
  }
}
