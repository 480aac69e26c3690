import type { Clock, Logger, Metrics } from '@steppe/runtime';
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, isIP } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { GOSSIP_METRICS } from '../metrics.js';
import { NetStream } from './net-stream.js';
import { dialFailure, listenFailure } from './network-error.js';
import type { GossipAddress, GossipStream, Transport, TransportHandlers } from './transport.js';

export interface NetTransportOptions {
  /** IP address, of either family. `::` takes both; others reach only peers of their own family. */
  readonly host: string;
  /** 0 picks a port that is free for both TCP and UDP. */
  readonly port: number;
  /** Streams on which nothing moves for so long are broken off. Default 10,000, memberlist's TCP timeout on a LAN. */
  readonly streamIdleMs?: number;
  /** Streams that peers may have open to us at once; more are closed unread. Default 1,024. */
  readonly maxInboundStreams?: number;
  /**
   * The same for one source IP, so that one peer cannot shut out the others. Default 128, what memberlist allows in
   * exchanges of state at once, and enough for many agents behind one address.
   */
  readonly maxInboundStreamsPerSource?: number;
}

export interface NetTransportDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** A free TCP port may be taken for UDP: that often another one is tried. */
const PORT_ATTEMPTS = 10;
/** Receive buffer asked of the system, which may grant less. A burst of gossip must not be lost to a short stall. */
const RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024;
const MIN_RECEIVE_BUFFER_BYTES = 64 * 1024;
const DEFAULT_STREAM_IDLE_MS = 10_000;
const DEFAULT_MAX_INBOUND_STREAMS = 1024;
const DEFAULT_MAX_INBOUND_STREAMS_PER_SOURCE = 128;
const MAPPED_PREFIX = '::ffff:';

/** UDP and TCP on one port. Datagrams leave from the port they are received on. No error of a socket escapes. */
export class NetTransport implements Transport {
  readonly #options: Required<NetTransportOptions>;
  readonly #deps: NetTransportDeps;
  readonly #family: 4 | 6;
  readonly #sockets = new Set<Socket>();
  readonly #inboundBySource = new Map<string, number>();
  #inbound = 0;
  #tcp: Server | undefined;
  #udp: UdpSocket | undefined;
  #bound: GossipAddress;

  /** @throws RangeError when `host` is no IP address */
  constructor(options: NetTransportOptions, deps: NetTransportDeps) {
    const family = isIP(options.host);
    if (family === 0) throw new RangeError(`no IP address: ${options.host}`);
    this.#family = family === 6 ? 6 : 4;
    this.#options = {
      streamIdleMs: DEFAULT_STREAM_IDLE_MS,
      maxInboundStreams: DEFAULT_MAX_INBOUND_STREAMS,
      maxInboundStreamsPerSource: DEFAULT_MAX_INBOUND_STREAMS_PER_SOURCE,
      ...options,
    };
    this.#deps = deps;
    this.#bound = { host: options.host, port: options.port };
  }

  get bound(): GossipAddress {
    return this.#bound;
  }

  async start(handlers: TransportHandlers): Promise<void> {
    const { host, port } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      this.#tcp = await this.#listenTcp(handlers);
      this.#bound = { host, port: (this.#tcp.address() as AddressInfo).port };
      try {
        this.#udp = await this.#bindUdp(handlers, this.#bound.port);
        return;
      } catch (error) {
        await this.stop();
        if (port !== 0 || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    const [tcp, udp] = [this.#tcp, this.#udp];
    this.#tcp = undefined;
    this.#udp = undefined;
    await Promise.all([
      ...Array.from(this.#sockets, (socket) => new Promise((resolve) => socket.destroy().once('close', resolve))),
      tcp && new Promise<void>((resolve) => tcp.close(() => resolve())),
      udp && new Promise<void>((resolve) => udp.close(resolve)),
    ]);
  }

  send(bytes: Uint8Array, to: GossipAddress, onError?: (error: Error) => void): void {
    const report = (error: Error): void => {
      this.#deps.logger.debug('a datagram was not sent', { to: to.host, port: to.port, error: error.message });
      onError?.(error);
    };
    if (this.#udp === undefined) {
      report(new Error('the transport does not run'));
      return;
    }
    try {
      this.#udp.send(bytes, to.port, to.host, (error) => error && report(error));
    } catch (error) {
      report(error as Error); // a port that cannot be
    }
  }

  dial(
    to: GossipAddress,
    { timeoutMs }: { readonly timeoutMs: number },
    callbacks: { onOpen(stream: GossipStream): void; onError(error: Error): void },
  ): () => void {
    const { clock } = this.#deps;
    let settled = false;
    let socket: Socket | undefined;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      timer.cancel();
      return true;
    };
    const fail = (cause: unknown): void => {
      if (!settle()) return;
      socket?.destroy();
      callbacks.onError(dialFailure(to, cause));
    };
    const timer = clock.setTimer(timeoutMs, () => fail(new Error('i/o timeout')));
    try {
      // A host name would be looked up, outside of our timeout and by whoever sent it to us.
      if (isIP(to.host) === 0) throw new Error('not an IP address');
      socket = connect({ host: to.host, port: to.port, noDelay: true });
    } catch (error) {
      queueMicrotask(() => fail(error));
      return () => void settle();
    }
    const dialled = this.#track(socket);
    dialled.on('error', fail);
    dialled.once('close', () => fail(new Error('use of closed network connection')));
    dialled.once('connect', () => {
      if (settle()) callbacks.onOpen(new NetStream(dialled, to, { clock, idleMs: this.#options.streamIdleMs }));
    });
    return () => {
      if (settle()) dialled.destroy();
    };
  }

  #listenTcp(handlers: TransportHandlers): Promise<Server> {
    const { host, port } = this.#options;
    const server = createServer({ noDelay: true }, (socket) => this.#accept(this.#track(socket), handlers));
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(listenFailure('tcp', { host, port }, error)));
      server.listen(port, host, () => {
        server.removeAllListeners('error').on('error', (error) => this.#report('tcp', error));
        resolve(server);
      });
    });
  }

  #bindUdp(handlers: TransportHandlers, port: number): Promise<UdpSocket> {
    const { host } = this.#options;
    const socket = createSocket({
      type: this.#family === 6 ? 'udp6' : 'udp4',
      // Only addresses are sent to: no resolver, no detour over another tick.
      lookup: (target, _, callback) => this.#reachable(target, callback),
    });
    socket.on('message', (bytes, { address, port: from }) => {
      handlers.onPacket(bytes, { host: unmapped(address), port: from });
    });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(listenFailure('udp', { host, port }, error));
      });
      socket.bind(port, host, () => {
        socket.removeAllListeners('error').on('error', (error) => this.#report('udp', error));
        this.#askReceiveBuffer(socket);
        resolve(socket);
      });
    });
  }

  #reachable(target: string, callback: (error: Error | null, address: string, family: number) => void): void {
    const family = isIP(target);
    if (family === this.#family) callback(null, target, family);
    else if (family === 4) callback(null, MAPPED_PREFIX + target, 6);
    else callback(new Error(`no address of this socket's family: ${target}`), target, family);
  }

  #askReceiveBuffer(socket: UdpSocket): void {
    for (let bytes = RECEIVE_BUFFER_BYTES; bytes >= MIN_RECEIVE_BUFFER_BYTES; bytes /= 2) {
      try {
        socket.setRecvBufferSize(bytes);
        break;
      } catch {
        // Some systems refuse what is above their limit, others cut it down: half of it may do.
      }
    }
    this.#deps.logger.debug('gossip socket bound', { receiveBufferBytes: socket.getRecvBufferSize() });
  }

  #accept(socket: Socket, handlers: TransportHandlers): void {
    const { remoteAddress, remotePort } = socket;
    const source = unmapped(remoteAddress ?? '');
    const fromSource = this.#inboundBySource.get(source) ?? 0;
    const { maxInboundStreams, maxInboundStreamsPerSource, streamIdleMs } = this.#options;
    // The address is gone when the peer is.
    if (
      remoteAddress === undefined ||
      remotePort === undefined ||
      this.#inbound >= maxInboundStreams ||
      fromSource >= maxInboundStreamsPerSource
    ) {
      this.#deps.metrics.incrCounter(GOSSIP_METRICS.streamsClosed);
      this.#deps.logger.debug('a stream was closed unread', { from: source, open: this.#inbound, fromSource });
      socket.on('error', () => undefined); // it is being closed anyway
      socket.destroy();
      return;
    }
    this.#inbound += 1;
    this.#inboundBySource.set(source, fromSource + 1);
    socket.once('close', () => {
      this.#inbound -= 1;
      const left = (this.#inboundBySource.get(source) ?? 1) - 1;
      if (left === 0) this.#inboundBySource.delete(source);
      else this.#inboundBySource.set(source, left);
    });
    const remote = { host: source, port: remotePort };
    handlers.onStream(new NetStream(socket, remote, { clock: this.#deps.clock, idleMs: streamIdleMs }));
  }

  #track(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  #report(protocol: 'tcp' | 'udp', error: Error): void {
    this.#deps.logger.error('gossip socket failed', { protocol, error: error.message });
  }
}

/** A socket of both families names IPv4 peers in IPv6. */
function unmapped(address: string): string {
  return address.startsWith(MAPPED_PREFIX) ? address.slice(MAPPED_PREFIX.length) : address;
}
