import type { Metrics } from '@steppe/runtime';
import { GOSSIP_METRICS } from '../metrics.js';
import type { GossipAddress, Transport } from '../transport/transport.js';
import { COMPOUND_OVERHEAD_BYTES, MAX_PARTS, PART_OVERHEAD_BYTES } from '../wire/compound.js';
import { encodePacketMessage } from '../wire/memberlist-codec.js';
import type { PacketMessage } from '../wire/memberlist-message.js';
import type { PacketCodec } from '../wire/packet-codec.js';
import type { BroadcastQueue } from './broadcast-queue.js';
import type { GossipNode } from './delegate.js';
import type { GuardedDelegate } from './guarded-delegate.js';
import type { NodeTable } from './node-table.js';

/** Of a user message. */
const TYPE_BYTES = 1;
/** PMax from which a node reads checksums. */
const CHECKSUM_SINCE = 5;

export interface PacketPortDeps {
  readonly transport: Transport;
  readonly codec: PacketCodec;
  readonly queue: BroadcastQueue;
  readonly delegate: GuardedDelegate;
  readonly table: NodeTable;
  readonly metrics: Metrics;
}

/** Sends datagrams, and fills what room they leave with broadcasts: ours first, then those of the layer above. */
export class PacketPort {
  readonly #deps: PacketPortDeps;
  /** Bytes for messages and their length fields. */
  readonly #room: number;

  /** @param packetBytes - of a datagram, all wrappers but the checksum included */
  constructor({ packetBytes }: { readonly packetBytes: number }, deps: PacketPortDeps) {
    this.#deps = deps;
    this.#room = packetBytes - deps.codec.overheadBytes - COMPOUND_OVERHEAD_BYTES;
  }

  /** Sends a message, by default with broadcasts beside it. `onError` hears when it could not be sent. */
  send(
    message: PacketMessage,
    to: GossipAddress,
    { piggyback = true, onError }: { readonly piggyback?: boolean; readonly onError?: () => void } = {},
  ): void {
    const bytes = encodePacketMessage(message);
    const parts = [bytes];
    const userFrom = piggyback ? this.#fill(parts, this.#room - PART_OVERHEAD_BYTES - bytes.length) : 1;
    this.#transmit(parts, userFrom, to, false, onError);
  }

  /** Sends messages together to a node we know, and nothing beside them. */
  sendToNode(messages: readonly PacketMessage[], node: GossipNode, onError?: () => void): void {
    this.#transmit(messages.map(encodePacketMessage), messages.length, node, readsChecksums(node), onError);
  }

  /** Whether there may be broadcasts to send. */
  get hasBroadcasts(): boolean {
    return this.#deps.queue.depth > 0 || this.#deps.delegate.waitingBroadcasts() > 0;
  }

  /** Whether more messages wait than any datagram can hold. */
  get isCongested(): boolean {
    const { queue, delegate } = this.#deps;
    return queue.depth + delegate.waitingBroadcasts() > MAX_PARTS;
  }

  /** Sends a datagram of broadcasts. @returns `false` when there are none */
  gossip(node: GossipNode): boolean {
    const parts: Uint8Array[] = [];
    const userFrom = this.#fill(parts, this.#room);
    if (parts.length === 0) return false;
    this.#transmit(parts, userFrom, node, readsChecksums(node));
    return true;
  }

  /** Sends the same datagram of broadcasts to several nodes, each message counted for each of them. */
  gossipAlike(nodes: readonly GossipNode[]): void {
    const parts: Uint8Array[] = [];
    const userFrom = this.#fill(parts, this.#room, nodes.length);
    if (parts.length === 0) return;
    for (const checksum of [false, true]) {
      const some = nodes.filter((node) => readsChecksums(node) === checksum);
      if (some.length === 0) continue;
      for (const bytes of this.#encode(parts, userFrom, checksum)) {
        for (const node of some) this.#send(bytes, node);
      }
    }
  }

  /** Adds what fits. @returns from which index on the parts are payloads of the layer above */
  #fill(parts: Uint8Array[], room: number, copies = 1): number {
    const { queue, delegate, table } = this.#deps;
    let free = room;
    if (queue.depth > 0) {
      const limitMessages = MAX_PARTS - parts.length;
      const limits = { overheadBytes: PART_OVERHEAD_BYTES, limitBytes: free, limitMessages, copies };
      for (const bytes of queue.take(limits, table.size)) {
        parts.push(bytes);
        free -= PART_OVERHEAD_BYTES + bytes.length;
      }
    }
    const userFrom = parts.length;
    if (free > PART_OVERHEAD_BYTES + TYPE_BYTES && delegate.waitingBroadcasts() > 0) {
      const limits = { overheadBytes: PART_OVERHEAD_BYTES + TYPE_BYTES, limitBytes: free, copies };
      for (const payload of delegate.takeBroadcasts(limits)) parts.push(payload);
    }
    return userFrom;
  }

  #transmit(
    parts: readonly Uint8Array[],
    userFrom: number,
    to: GossipAddress,
    checksum: boolean,
    onError?: () => void,
  ): void {
    for (const bytes of this.#encode(parts, userFrom, checksum)) this.#send(bytes, to, onError);
  }

  /** As many datagrams as the format needs for so many messages; as a rule one. */
  #encode(parts: readonly Uint8Array[], userFrom: number, checksum: boolean): Uint8Array[] {
    const { codec } = this.#deps;
    if (parts.length <= MAX_PARTS) return [codec.encode(parts, { checksum, userFrom })];
    const datagrams: Uint8Array[] = [];
    for (let at = 0; at < parts.length; at += MAX_PARTS) {
      const some = parts.slice(at, at + MAX_PARTS);
      datagrams.push(codec.encode(some, { checksum, userFrom: Math.max(0, userFrom - at) }));
    }
    return datagrams;
  }

  #send(bytes: Uint8Array, to: GossipAddress, onError?: () => void): void {
    const { transport, metrics } = this.#deps;
    metrics.incrCounter(GOSSIP_METRICS.udpSent, bytes.length);
    transport.send(bytes, to, onError);
  }
}

function readsChecksums({ versions }: GossipNode): boolean {
  return versions.protocolMax >= CHECKSUM_SINCE;
}
