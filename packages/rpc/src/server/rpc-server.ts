import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Metrics, Phase, Startable, Timer } from '@steppe/runtime';
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import { createServer as createTcpServer, isIPv6 } from 'node:net';
import type { RefusalReason } from '../errors.js';
import { rpcError } from '../errors.js';
import { PeerRefusedUs } from '../handshake/handshake-channel.js';
import type { AcceptedPeer } from '../handshake/listener-handshake.js';
import { greetDialler } from '../handshake/listener-handshake.js';
import type { NodeKeys } from '../handshake/node-proof.js';
import type { RpcIdentity } from '../handshake/peer-identity.js';
import { Refusal } from '../handshake/refusal.js';
import type { RpcSecurity } from '../handshake/security.js';
import { securityNow } from '../handshake/security.js';
import { acceptTls, tlsReason } from '../handshake/tls.js';
import type { EndpointTable } from '../method/endpoint-table.js';
import { endpointTable } from '../method/endpoint-table.js';
import type { RpcEndpoint } from '../method/rpc-endpoint.js';
import type { ResolvedSessionOptions, RpcSessionOptions } from '../options.js';
import { DEFAULT_SESSION_OPTIONS } from '../options.js';
import { CallMeter } from '../session/call-meter.js';
import { CallSession } from '../session/call-session.js';
import { ServeSession } from '../session/serve-session.js';
import { DEFAULT_TIMEOUT_MS } from '../client/rpc-client.js';
import type { ReverseSessions } from './reverse-sessions.js';
import { ReverseSessionTable } from './reverse-sessions.js';

export interface RpcServerOptions extends RpcSessionOptions {
  /** IP address to listen on. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Connections beyond this many from one address are closed at once; 0 is unlimited. `limits.rpc_max_conns_per_client`. */
  readonly maxSessionsPerAddress: number;
  /** Longest time for TLS and handshake, milliseconds, default 5 000; 0 is unlimited. `limits.rpc_handshake_timeout`. */
  readonly handshakeTimeoutMs?: number;
  /** Told the port once it is bound. */
  readonly onListening?: (port: number) => void;
}

export interface RpcServerDeps {
  /** Who this agent is; role `server`. */
  readonly self: () => RpcIdentity;
  readonly security: RpcSecurity;
  readonly endpoints: readonly RpcEndpoint[];
  /** What client agents prove with that they are the node they name. Default: none can, so none can be called. */
  readonly nodeKeys?: NodeKeys;
  /** Where the sessions are kept on which client agents can be called; default one of its own. */
  readonly reverseSessions?: ReverseSessionTable;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * The listener for calls between agents. Each connection is authenticated before it carries HTTP/2, and is then either one
 * on which the peer calls us, or one that a client agent keeps for us to call it.
 */
export class RpcServer implements Startable {
  readonly name = 'rpc';
  /** Before membership: what gossip tells of us includes this listener's port. */
  readonly phase: Phase = 'storage';
  readonly #options: RpcServerOptions;
  readonly #session: ResolvedSessionOptions;
  readonly #deps: RpcServerDeps;
  readonly #endpoints: EndpointTable;
  readonly #meter: CallMeter;
  readonly #reverse: ReverseSessionTable;
  /** Open connections by address, those in their handshake included. */
  readonly #connections = new Map<string, Set<Socket>>();
  readonly #sessions = new Set<{ close(): void }>();
  #server: TcpServer | undefined;

  constructor(options: RpcServerOptions, deps: RpcServerDeps) {
    const { keepAliveIntervalMs, keepAliveTimeoutMs, maxConcurrentCalls, maxQueuedCalls, stopGraceMs } = {
      ...DEFAULT_SESSION_OPTIONS,
      ...options,
    };
    this.#options = options;
    this.#session = { keepAliveIntervalMs, keepAliveTimeoutMs, maxConcurrentCalls, maxQueuedCalls, stopGraceMs };
    this.#deps = deps;
    this.#reverse = deps.reverseSessions ?? new ReverseSessionTable();
    this.#endpoints = endpointTable(deps.endpoints);
    this.#meter = new CallMeter('listener', deps);
  }

  /** The port really bound; the configured one before start. */
  get port(): number {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    return address?.port ?? this.#options.port;
  }

  /** The client agents that can be called. */
  get reverseSessions(): ReverseSessions {
    return this.#reverse;
  }

  async start(): Promise<void> {
    const server = createTcpServer({ noDelay: true }, (socket) => void this.#accept(socket));
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
    for (const session of this.#sessions) session.close();
    for (const sockets of this.#connections.values()) for (const socket of sockets) socket.destroy();
    await closed;
  }

  async #accept(raw: Socket): Promise<void> {
    const address = raw.remoteAddress ?? '';
    this.#meter.accepted();
    // Without a listener a broken connection would be an uncaught error.
    raw.on('error', () => undefined);
    if (!this.#admit(raw, address)) return;
    const timer = this.#handshakeTimer(raw, address);
    try {
      const security = securityNow(this.#deps.security);
      const socket = security.tls === undefined ? raw : await acceptTls(raw, security.tls);
      const { self, nodeKeys } = this.#deps;
      const accepted = await greetDialler(socket, { self: self(), security, nodeKeys });
      if (this.#server === undefined) socket.destroy();
      else if (!socket.destroyed) this.#open(socket, accepted);
    } catch (error) {
      this.#refused(address, error);
      // A refusal closes the connection itself, after it was said.
      if (!(error instanceof Refusal)) raw.destroy();
    } finally {
      timer?.cancel();
    }
  }

  /** Counts the connection against its address; `false`: it was one too many. */
  #admit(socket: Socket, address: string): boolean {
    const { maxSessionsPerAddress: limit } = this.#options;
    const sockets = this.#connections.get(address) ?? new Set();
    if (limit > 0 && sockets.size >= limit) {
      this.#refused(address, new Refusal('limit', `${limit} connections from its address are open`));
      socket.destroy();
      return false;
    }
    this.#connections.set(address, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) this.#connections.delete(address);
    });
    return true;
  }

  #handshakeTimer(socket: Socket, address: string): Timer | undefined {
    const { handshakeTimeoutMs = 5_000 } = this.#options;
    if (handshakeTimeoutMs <= 0) return undefined;
    return this.#deps.clock.setTimer(handshakeTimeoutMs, () => {
      this.#refused(address, new Refusal('timeout', `the handshake took longer than ${handshakeTimeoutMs} ms`));
      socket.destroy();
    });
  }

  #open(socket: Socket, { peer, direction }: AcceptedPeer): void {
    const { clock, logger } = this.#deps;
    const meter = this.#meter;
    if (direction === 'forward') {
      const deps = { endpoints: this.#endpoints, clock, logger, meter, onClose: () => this.#sessions.delete(session) };
      const session: ServeSession = new ServeSession(socket, { ...this.#session, peer, direction }, deps);
      this.#sessions.add(session);
      return;
    }
    const target = `node ${peer.id}`;
    const session: CallSession = new CallSession(
      socket,
      { ...this.#session, peer, direction, target, defaultTimeoutMs: DEFAULT_TIMEOUT_MS },
      {
        clock,
        meter,
        onClose: () => {
          this.#sessions.delete(session);
          this.#reverse.remove(session);
        },
      },
    );
    this.#sessions.add(session);
    this.#reverse.add(session, clock.now());
  }

  #refused(address: string, error: unknown): void {
    const refused = refusalOf(error);
    if (refused === undefined) {
      this.#deps.logger.debug('rpc connection closed in its handshake', { address, error: errorMessage(error) });
      return;
    }
    this.#meter.peerRefused(refused.reason);
    this.#deps.logger.warn(`rpc peer ${address} refused: ${refused.sentence}`, { reason: refused.reason });
  }
}

function refusalOf(error: unknown): { readonly reason: RefusalReason; readonly sentence: string } | undefined {
  if (error instanceof Refusal) return { reason: error.reason, sentence: error.message };
  if (error instanceof PeerRefusedUs) {
    return { reason: 'authentication', sentence: `it refused us: ${JSON.stringify(error.message)}` };
  }
  const sentence = tlsReason(error);
  return sentence === undefined ? undefined : { reason: 'certificate', sentence };
}
