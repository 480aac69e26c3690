import type { GossipAddress, PacketMessage, WireRejection } from '@steppe/gossip';
import { encodePacketMessage, PacketCodec } from '@steppe/gossip';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { eventually, GOSSIP_PORT, ownLoopbackHost } from '@steppe/testing';

/** A socket that speaks the wire format and nothing else: for messages no member would send. */
export class RawPeer {
  readonly address: GossipAddress;
  readonly received: PacketMessage[] = [];
  /** What could not be decoded by our own strict codec. */
  readonly rejected: WireRejection[] = [];
  readonly #socket: Socket;
  readonly #codec = new PacketCodec({ compression: true, verifyIncoming: true, verifyOutgoing: true });

  private constructor(socket: Socket, address: GossipAddress) {
    this.#socket = socket;
    this.address = address;
    socket.on('message', (datagram) => {
      const { messages, rejected } = this.#codec.decode(datagram);
      this.received.push(...messages);
      this.rejected.push(...rejected);
    });
  }

  static async open(): Promise<RawPeer> {
    const address = { host: ownLoopbackHost(), port: GOSSIP_PORT };
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(address.port, address.host, resolve));
    return new RawPeer(socket, address);
  }

  send(to: GossipAddress, ...messages: readonly PacketMessage[]): void {
    this.sendBytes(to, this.#codec.encode(messages.map(encodePacketMessage), { checksum: false }));
  }

  sendBytes(to: GossipAddress, datagram: Uint8Array): void {
    this.#socket.send(datagram, to.port, to.host);
  }

  /** The first message received, now or soon, that passes. */
  async hears<T extends PacketMessage>(isIt: (message: PacketMessage) => message is T, withinMs = 10_000): Promise<T> {
    return eventually(withinMs, () => {
      const found = this.received.find(isIt);
      if (found === undefined) throw new Error(`heard only ${this.received.map(({ type }) => type).join(', ')}`);
      return found;
    });
  }

  async kill(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}
