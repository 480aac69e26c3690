import type { Clock, Logger, Metrics, Timer } from '@steppe/runtime';
import { GOSSIP_METRICS } from '../metrics.js';
import type { GossipAddress } from '../transport/transport.js';
import type { PacketMessage } from '../wire/memberlist-message.js';
import type { PacketCodec } from '../wire/packet-codec.js';
import type { AckRegistry } from './ack-registry.js';
import type { GuardedDelegate } from './guarded-delegate.js';
import type { NodeStates } from './node-states.js';
import type { PingResponder } from './ping-responder.js';
import { ReceiveQueue } from './receive-queue.js';
import type { QueuedMessage } from './receive-queue.js';

/** Queued messages handled in one go, so that pings are answered in between. */
const DRAIN_BATCH = 256;

export interface PacketReceiverDeps {
  readonly codec: PacketCodec;
  readonly acks: AckRegistry;
  readonly responder: PingResponder;
  readonly states: NodeStates;
  readonly delegate: GuardedDelegate;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Takes datagrams apart and hands each message to whom it concerns: what keeps us alive at once, the rest a turn later. */
export class PacketReceiver {
  readonly #deps: PacketReceiverDeps;
  readonly #queue: ReceiveQueue;
  #draining: Timer | undefined;

  constructor({ handoffQueueDepth }: { readonly handoffQueueDepth: number }, deps: PacketReceiverDeps) {
    this.#deps = deps;
    this.#queue = new ReceiveQueue(handoffQueueDepth);
  }

  receive(bytes: Uint8Array, from: GossipAddress): void {
    const { codec, logger, metrics } = this.#deps;
    metrics.incrCounter(GOSSIP_METRICS.udpReceived, bytes.length);
    const { messages, rejected } = codec.decode(bytes);
    for (const { reason } of rejected) {
      metrics.incrCounter(GOSSIP_METRICS.datagramsDropped, 1, { reason });
      logger.debug('a datagram was not taken, or not all of it', { from: from.host, reason });
    }
    for (const message of messages) this.#dispatch(message, from);
  }

  stop(): void {
    this.#draining?.cancel();
    this.#queue.clear();
  }

  #dispatch(message: PacketMessage, from: GossipAddress): void {
    const { acks, responder, states } = this.#deps;
    switch (message.type) {
      case 'ping':
        responder.ping(message, from);
        break;
      case 'indirect-ping':
        responder.indirectPing(message, from);
        break;
      case 'ack':
        acks.acked(message.seqNo, message.payload);
        break;
      case 'nack':
        acks.nacked(message.seqNo);
        break;
      case 'alive':
      case 'suspect':
      case 'dead':
        if (states.isOldNews(message)) break;
        this.#enqueue(message);
        break;
      case 'user':
        this.#enqueue(message);
        break;
    }
  }

  #enqueue(message: QueuedMessage): void {
    const { clock, logger, metrics } = this.#deps;
    if (!this.#queue.push(message)) {
      metrics.incrCounter(GOSSIP_METRICS.handoffDropped);
      logger.warn('too many messages wait to be handled: one is dropped', { type: message.type });
    }
    this.#draining ??= clock.setTimer(0, () => this.#drain());
  }

  #drain(): void {
    const { states, delegate, clock } = this.#deps;
    this.#draining = undefined;
    for (let handled = 0; handled < DRAIN_BATCH; handled += 1) {
      const message = this.#queue.next();
      if (message === undefined) return;
      if (message.type === 'user') delegate.tell('onMessage', message.payload);
      else states.hear(message);
    }
    if (this.#queue.size > 0) this.#draining = clock.setTimer(0, () => this.#drain());
  }
}
