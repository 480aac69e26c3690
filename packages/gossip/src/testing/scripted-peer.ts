import { LAN_TIMING, NOMAD_VERSIONS } from '../memberlist/options.js';
import type { GossipAddress, GossipStream } from '../transport/transport.js';
import { encodePacketMessage } from '../wire/memberlist-codec.js';
import type { AliveMessage, PacketMessage, StreamMessage } from '../wire/memberlist-message.js';
import { PacketCodec } from '../wire/packet-codec.js';
import { StreamCodec } from '../wire/stream-codec.js';
import { addressOf } from '../memberlist/ip-address.js';
import type { SimNetwork } from '../simulation/sim-network.js';
import type { SimTransport } from '../simulation/sim-transport.js';

const WIRE = { compression: false, verifyIncoming: true, verifyOutgoing: true };

/** What a {@link ScriptedPeer} got in one datagram. */
export interface ReceivedPacket {
  readonly bytes: number;
  readonly messages: readonly PacketMessage[];
}

/** A host that speaks the protocol only as a test tells it to, and keeps what it hears. Does nothing by itself. */
export class ScriptedPeer {
  readonly name: string;
  readonly address: GossipAddress;
  readonly packets: ReceivedPacket[] = [];
  readonly requests: StreamMessage[] = [];
  /** What it answers to a datagram's message or a stream's request. */
  onMessage: (message: PacketMessage) => void = () => undefined;
  onRequest: (message: StreamMessage) => StreamMessage | undefined = () => undefined;
  readonly #transport: SimTransport;
  readonly #packetCodec = new PacketCodec(WIRE);
  readonly #streamCodec = new StreamCodec(WIRE);

  constructor(name: string, host: string, network: SimNetwork) {
    this.name = name;
    this.address = { host, port: 7946 };
    this.#transport = network.transport(this.address);
  }

  async start(): Promise<this> {
    await this.#transport.start({
      onPacket: (bytes) => {
        const { messages } = this.#packetCodec.decode(bytes);
        this.packets.push({ bytes: bytes.length, messages });
        for (const message of messages) this.onMessage(message);
      },
      onStream: (stream) => this.#accept(stream),
    });
    return this;
  }

  /** All messages heard by datagram, of one type. */
  heard<T extends PacketMessage['type']>(type: T): Extract<PacketMessage, { readonly type: T }>[] {
    const isType = (message: PacketMessage): message is Extract<PacketMessage, { readonly type: T }> =>
      message.type === type;
    return this.packets.flatMap(({ messages }) => messages.filter(isType));
  }

  forget(): void {
    this.packets.length = 0;
    this.requests.length = 0;
  }

  /** Sends one datagram with these messages. */
  send(to: GossipAddress, ...messages: readonly PacketMessage[]): void {
    this.sendRaw(to, this.#packetCodec.encode(messages.map(encodePacketMessage), { checksum: false }));
  }

  sendRaw(to: GossipAddress, bytes: Uint8Array): void {
    this.#transport.send(bytes, to);
  }

  /** Opens a stream, sends the bytes, and leaves what comes back to `onData`. */
  dial(to: GossipAddress, request: StreamMessage | Uint8Array, onReply: (reply: StreamMessage | string) => void): void {
    const bytes = request instanceof Uint8Array ? request : this.#streamCodec.encode(request, 'request');
    this.#transport.dial(
      to,
      { timeoutMs: LAN_TIMING.tcpTimeoutMs },
      {
        onError: (error) => onReply(error.message),
        onOpen: (stream) => {
          const reader = this.#streamCodec.reader('reply', (reply) =>
            onReply(reply.type === 'rejected' ? reply.reason : reply),
          );
          stream.onData = (chunk) => reader.push(chunk);
          stream.onClose = () => onReply('closed');
          stream.write(bytes);
        },
      },
    );
  }

  /** The message by which this peer announces itself. */
  alive(change: Partial<AliveMessage> = {}): AliveMessage {
    return {
      type: 'alive',
      node: this.name,
      incarnation: 1,
      address: addressOf(this.address.host) as Uint8Array,
      port: this.address.port,
      meta: new Uint8Array(),
      versions: NOMAD_VERSIONS,
      ...change,
    };
  }

  #accept(stream: GossipStream): void {
    const reader = this.#streamCodec.reader('request', (request) => {
      if (request.type === 'rejected') return;
      this.requests.push(request);
      const reply = this.onRequest(request);
      if (reply !== undefined) stream.write(this.#streamCodec.encode(reply, 'reply'));
      stream.end();
    });
    stream.onData = (chunk) => reader.push(chunk);
  }
}
