import { errorMessage } from '@steppe/domain';
import type { Secret } from '@steppe/domain';
import type { Clock, Logger, Timer } from '@steppe/runtime';
import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RefusalReason, RpcError } from '../errors.js';
import { rpcError } from '../errors.js';
import { greetListener } from '../handshake/dialler-handshake.js';
import { PeerRefusedUs } from '../handshake/handshake-channel.js';
import type { Direction } from '../handshake/hello.js';
import type { RpcIdentity, RpcPeerIdentity } from '../handshake/peer-identity.js';
import { Refusal } from '../handshake/refusal.js';
import type { ConnectionSecurity, RpcSecurity } from '../handshake/security.js';
import { securityNow } from '../handshake/security.js';
import { ALPN, contextOptions, tlsReason } from '../handshake/tls.js';
import type { CallMeter } from '../session/call-meter.js';
import { splitAddress } from './address.js';

export interface DiallerOptions {
  /** Connecting, handshake included, milliseconds; Nomad's `rpc.dial_timeout`. */
  readonly dialTimeoutMs: number;
}

export interface DiallerDeps {
  /** Read for each connection. */
  readonly self: () => RpcIdentity;
  readonly security: RpcSecurity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: CallMeter;
}

export interface Connection {
  readonly socket: Socket;
  readonly peer: RpcPeerIdentity;
}

export interface DialOptions {
  readonly address: string;
  readonly direction: Direction;
  /** Region that must answer; default our own. */
  readonly region?: string;
  /** Of our node, for the direction `reverse`. */
  readonly nodeSecret?: Secret;
}

/** Opens authenticated connections to listeners. */
export class Dialler {
  readonly #options: DiallerOptions;
  readonly #deps: DiallerDeps;
  /** Sockets of dials that are under way. */
  readonly #dialling = new Set<Socket>();
  #isClosed = false;

  constructor(options: DiallerOptions, deps: DiallerDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @throws RPC_UNREACHABLE, RPC_PEER_REFUSED */
  async dial({ address, direction, region, nodeSecret }: DialOptions): Promise<Connection> {
    const { security, clock } = this.#deps;
    const now = securityNow(security);
    const self = this.#deps.self();
    const expected = region ?? self.region;
    let socket: Socket | undefined;
    let timer: Timer | undefined;
    try {
      if (this.#isClosed) throw new Error('this agent is stopping');
      socket = openSocket(address, expected, now);
      this.#dialling.add(socket);
      socket.setNoDelay(true);
      const opened = socket;
      timer = clock.setTimer(this.#options.dialTimeoutMs, () => opened.destroy(new Error('i/o timeout')));
      await connected(socket, now.tls === undefined ? 'connect' : 'secureConnect');
      const proof = nodeSecret === undefined ? {} : { nodeSecret };
      const peer = await greetListener(socket, { self, direction, security: now, region: expected, ...proof });
      return { socket, peer };
    } catch (error) {
      // A refusal closes the socket itself, after it was said.
      if (!(error instanceof Refusal)) socket?.destroy();
      throw this.#failure(address, error);
    } finally {
      timer?.cancel();
      if (socket !== undefined) this.#dialling.delete(socket);
    }
  }

  /** Ends dials that are under way; later ones fail. Connections that are open stay. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#dialling) socket.destroy(new Error('this agent is stopping'));
  }

  #failure(address: string, error: unknown): RpcError {
    const { meter, logger } = this.#deps;
    const refused = refusalOf(error);
    if (refused === undefined) {
      const reason = codeOf(error) === 'ECONNREFUSED' ? 'connect: connection refused' : errorMessage(error);
      return rpcError({ code: 'RPC_UNREACHABLE', address, wasSent: false }, `dial tcp ${address}: ${reason}`, error);
    }
    const { reason, sentence } = refused;
    meter.peerRefused(reason);
    logger.warn(`rpc session with ${address} not opened: ${sentence}`, { reason });
    return rpcError({ code: 'RPC_PEER_REFUSED', address, reason }, `rpc: ${address}: ${sentence}`, error);
  }
}

function openSocket(address: string, region: string, { tls }: ConnectionSecurity): Socket {
  const { host, port } = splitAddress(address);
  if (tls === undefined) return connectTcp({ host, port });
  return connectTls({
    host,
    port,
    ...contextOptions(tls),
    rejectUnauthorized: true,
    ALPNProtocols: [ALPN],
    servername: `server.${region}.nomad`,
    // Which names count depends on what the peer announces: they are checked in the handshake.
    checkServerIdentity: () => undefined,
  });
}

function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays: a socket without one would bring the process down when it fails later.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('connection closed')));
    socket.once(event, () => resolve());
  });
}

function refusalOf(error: unknown): { readonly reason: RefusalReason; readonly sentence: string } | undefined {
  if (error instanceof Refusal) return { reason: error.reason, sentence: `refused, ${error.message}` };
  if (error instanceof PeerRefusedUs) return { reason: 'authentication', sentence: `it refused us: ${error.message}` };
  const sentence = tlsReason(error);
  return sentence === undefined ? undefined : { reason: 'certificate', sentence: `refused, ${sentence}` };
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
