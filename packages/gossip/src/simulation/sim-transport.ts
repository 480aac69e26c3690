import type { Clock } from '@steppe/runtime';
import { gossipError } from '../errors.js';
import { dialFailure } from '../transport/network-error.js';
import type { GossipAddress, GossipStream, Transport, TransportHandlers } from '../transport/transport.js';
import type { LinkConditions, TrafficCounters } from './link-conditions.js';

/** Largest datagram of IPv4. */
const MAX_DATAGRAM_BYTES = 65_507;
/** Streams arrive in pieces of at most that size. */
const SEGMENT_BYTES = 16_384;
/** While a link is cut, a piece of a stream is tried again that often. */
const RETRY_MS = 200;

/** What the hosts of a simulated network share. */
export interface SimWire {
  readonly clock: Clock;
  /** @returns `false` when the address is taken */
  attach(transport: SimTransport): boolean;
  detach(transport: SimTransport): void;
  at(address: GossipAddress): SimTransport | undefined;
  reachable(from: string, to: string): boolean;
  conditions(from: string, to: string): LinkConditions;
  delayMs(to: string, conditions: LinkConditions): number;
  counters(host: string): TrafficCounters;
  sendPacket(bytes: Uint8Array, from: GossipAddress, to: GossipAddress): void;
}

/** One host's end of a simulated network. */
export class SimTransport implements Transport {
  readonly bound: GossipAddress;
  readonly #network: SimWire;
  readonly #clock: Clock & { run?(callback: () => void): void };
  readonly #streams = new Set<SimStream>();
  #handlers: TransportHandlers | undefined;

  constructor(bound: GossipAddress, network: SimWire, clock: Clock & { run?(callback: () => void): void }) {
    this.bound = bound;
    this.#network = network;
    this.#clock = clock;
  }

  async start(handlers: TransportHandlers): Promise<void> {
    if (!this.#network.attach(this)) {
      const address = `${this.bound.host}:${this.bound.port}`;
      throw gossipError(
        { code: 'GOSSIP_LISTEN_FAILED', address },
        `listen udp ${address}: bind: address already in use`,
      );
    }
    this.#handlers = handlers;
    return Promise.resolve();
  }

  send(bytes: Uint8Array, to: GossipAddress, onError?: (error: Error) => void): void {
    if (this.#handlers === undefined) return;
    if (bytes.length > MAX_DATAGRAM_BYTES) {
      this.#network.clock.setTimer(0, () => onError?.(new Error('message too long')));
      return;
    }
    this.#network.sendPacket(bytes, this.bound, to);
  }

  dial(
    to: GossipAddress,
    { timeoutMs }: { readonly timeoutMs: number },
    callbacks: { onOpen(stream: GossipStream): void; onError(error: Error): void },
  ): () => void {
    const network = this.#network;
    network.counters(this.bound.host).streamsDialled += 1;
    let settled = false;
    const settle = (action: () => void): void => {
      if (settled) return;
      settled = true;
      timer.cancel();
      this.run(action);
    };
    const timer = network.clock.setTimer(timeoutMs, () =>
      settle(() => callbacks.onError(dialFailure(to, new Error('i/o timeout')))),
    );
    const conditions = network.conditions(this.bound.host, to.host);
    const delayMs = network.delayMs(to.host, conditions);
    if (conditions.streams === 'drop') return () => settle(() => undefined);
    network.clock.setTimer(delayMs, () => {
      if (!network.reachable(this.bound.host, to.host)) return; // until the timeout
      const target = network.at(to);
      const refused = target === undefined || conditions.streams === 'refuse';
      const near = new SimStream(this, to, network);
      const far = target && new SimStream(target, this.bound, network);
      if (far !== undefined && !refused) {
        near.connect(far);
        far.connect(near);
        target?.receiveStream(far);
      }
      network.clock.setTimer(delayMs, () =>
        settle(() => {
          if (refused) {
            callbacks.onError(dialFailure(to, new Error('connect: connection refused')));
            return;
          }
          this.#streams.add(near);
          callbacks.onOpen(near);
          near.open();
        }),
      );
    });
    return () => settle(() => undefined);
  }

  stop(): Promise<void> {
    this.#network.detach(this);
    this.#handlers = undefined;
    for (const stream of this.#streams) stream.destroy();
    return Promise.resolve();
  }

  /** Calls when the host is not paused. @internal */
  run(callback: () => void): void {
    if (this.#clock.run === undefined) callback();
    else this.#clock.run(callback);
  }

  /** @internal */
  receivePacket(bytes: Uint8Array, from: GossipAddress): void {
    this.run(() => this.#handlers?.onPacket(bytes, from));
  }

  /** @internal */
  receiveStream(stream: SimStream): void {
    this.#streams.add(stream);
    this.run(() => {
      this.#handlers?.onStream(stream);
      stream.open();
    });
  }

  /** @internal */
  forget(stream: SimStream): void {
    this.#streams.delete(stream);
  }
}

/** One end of a simulated stream: in order, without loss; a cut link only delays it. */
class SimStream implements GossipStream {
  readonly remote: GossipAddress;
  onData: (chunk: Uint8Array) => void = () => undefined;
  onClose: (error?: Error) => void = () => undefined;
  readonly #owner: SimTransport;
  readonly #network: SimWire;
  #peer: SimStream | undefined;
  /** What came before the receiver had set its callbacks. */
  #early: (() => void)[] | undefined = [];
  #lastArrivalMs = 0;
  /** What is on its way to the peer, in order; the first `#arrived` of it would be there but for a cut link. */
  readonly #inFlight: (() => void)[] = [];
  #arrived = 0;
  #ended = false;
  #closed = false;

  constructor(owner: SimTransport, remote: GossipAddress, network: SimWire) {
    this.#owner = owner;
    this.remote = remote;
    this.#network = network;
  }

  connect(peer: SimStream): void {
    this.#peer = peer;
  }

  open(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const deliver of early) deliver();
  }

  write(bytes: Uint8Array): void {
    if (this.#ended || this.#closed) return;
    this.#network.counters(this.#owner.bound.host).streamBytesSent += bytes.length;
    for (let at = 0; at < bytes.length; at += SEGMENT_BYTES) {
      const chunk = bytes.slice(at, at + SEGMENT_BYTES);
      this.#toPeer((peer) => peer.onData(chunk));
    }
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    this.#toPeer((peer) => {
      peer.#close();
      // The peer answers with its own end.
      peer.#toPeer((self) => self.#close());
    });
  }

  destroy(): void {
    if (this.#closed) return;
    this.#toPeer((peer) => peer.#close(new Error('connection reset by peer')));
    this.#network.clock.setTimer(0, () => this.#close());
    this.#ended = true;
  }

  #close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#owner.forget(this);
    this.onClose(error);
  }

  #toPeer(deliver: (peer: SimStream) => void): void {
    const { clock } = this.#network;
    const peer = this.#peer;
    if (peer === undefined) return;
    const [from, to] = [this.#owner.bound.host, this.remote.host];
    const delayMs = this.#network.delayMs(to, this.#network.conditions(from, to));
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, clock.monotonic() + delayMs);
    this.#inFlight.push(() => peer.#owner.run(() => peer.#receive(() => peer.#closed || deliver(peer))));
    clock.setTimer(this.#lastArrivalMs - clock.monotonic(), () => {
      this.#arrived += 1;
      if (this.#arrived === 1) this.#handOver();
    });
  }

  #handOver(): void {
    while (this.#arrived > 0) {
      if (!this.#network.reachable(this.#owner.bound.host, this.remote.host)) {
        this.#network.clock.setTimer(RETRY_MS, () => this.#handOver());
        return;
      }
      this.#arrived -= 1;
      this.#inFlight.shift()?.();
    }
  }

  #receive(deliver: () => void): void {
    if (this.#early === undefined) deliver();
    else this.#early.push(deliver);
  }
}
