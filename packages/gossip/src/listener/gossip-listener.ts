import { errorMessage } from '@steppe/domain';
import type { Logger, Metrics } from '@steppe/runtime';
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { gossipError } from '../errors.js';
import { formatAddress } from '../membership/join-address.js';
import { GOSSIP_METRICS } from '../metrics.js';

export interface GossipListenerOptions {
  /** IP address. */
  readonly host: string;
  /** 0 picks a port that is free for both TCP and UDP. */
  readonly port: number;
}

export interface GossipListenerDeps {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** A free TCP port may be taken for UDP: that often another one is tried. */
const PORT_ATTEMPTS = 10;

/**
 * Holds the gossip address of a pool of one. Nobody is expected there: streams are closed and datagrams dropped, both
 * counted, the first of them logged.
 */
export class GossipListener {
  readonly #options: GossipListenerOptions;
  readonly #deps: GossipListenerDeps;
  #tcp: Server | undefined;
  #udp: UdpSocket | undefined;
  #visited = false;

  constructor(options: GossipListenerOptions, deps: GossipListenerDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** The port really bound; the configured one before. */
  get port(): number {
    const address = this.#tcp?.address() as AddressInfo | null | undefined;
    return address?.port ?? this.#options.port;
  }

  /** @throws GOSSIP_LISTEN_FAILED naming protocol and address */
  async open(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#tcp = await this.#openTcp();
      try {
        this.#udp = await this.#openUdp(this.port);
        return;
      } catch (error) {
        await this.close();
        if (this.#options.port !== 0 || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  async close(): Promise<void> {
    const [tcp, udp] = [this.#tcp, this.#udp];
    this.#tcp = undefined;
    this.#udp = undefined;
    await Promise.all([
      tcp && new Promise<void>((resolve) => tcp.close(() => resolve())),
      udp && new Promise<void>((resolve) => udp.close(resolve)),
    ]);
  }

  #openTcp(): Promise<Server> {
    const server = createServer((socket) => {
      this.#deps.metrics.incrCounter(GOSSIP_METRICS.streamsClosed);
      this.#noteVisitor('tcp', socket.remoteAddress);
      socket.on('error', () => undefined);
      socket.destroy();
    });
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(this.#failure('tcp', port, error)));
      server.listen(port, host, () => resolve(server));
    });
  }

  #openUdp(port: number): Promise<UdpSocket> {
    const socket = createSocket(isIPv6(this.#options.host) ? 'udp6' : 'udp4');
    socket.on('message', (_, { address }) => {
      this.#deps.metrics.incrCounter(GOSSIP_METRICS.datagramsDropped);
      this.#noteVisitor('udp', address);
    });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(this.#failure('udp', port, error));
      });
      socket.bind(port, this.#options.host, () => resolve(socket));
    });
  }

  #noteVisitor(protocol: string, address: string | undefined): void {
    if (this.#visited) return;
    this.#visited = true;
    this.#deps.logger.debug('gossip from another agent is not taken: this pool has one member', { protocol, address });
  }

  #failure(protocol: 'tcp' | 'udp', port: number, error: unknown): Error {
    const address = formatAddress(this.#options.host, port);
    const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const reason = inUse ? 'bind: address already in use' : errorMessage(error);
    return gossipError({ code: 'GOSSIP_LISTEN_FAILED', address }, `listen ${protocol} ${address}: ${reason}`, error);
  }
}
