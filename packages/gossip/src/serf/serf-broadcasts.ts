import type { Logger, Metrics } from '@steppe/runtime';
import type { BroadcastOutcome, TakeLimits } from '../memberlist/broadcast-queue.js';
import { BroadcastQueue } from '../memberlist/broadcast-queue.js';
import { GOSSIP_METRICS } from '../metrics.js';

/** A queue of its own each, in order of precedence. */
const KINDS = ['intent', 'query', 'event'] as const;

export type BroadcastKind = (typeof KINDS)[number];

const QUEUE_METRICS = {
  intent: GOSSIP_METRICS.intentQueue,
  query: GOSSIP_METRICS.queryQueue,
  event: GOSSIP_METRICS.eventQueue,
} as const;

export interface SerfBroadcastsOptions {
  readonly retransmitMult: number;
  /** Entries per queue. */
  readonly maxQueueDepth: number;
  /** When more than 0, the maximum is this or twice the number of members, whichever is larger. */
  readonly minQueueDepth: number;
  /** A queue longer than this is reported. */
  readonly queueDepthWarning: number;
  /** What is larger never fits a datagram: it is not queued, and travels by push/pull if at all. */
  readonly maxMessageBytes: number;
}

export interface SerfBroadcastsDeps {
  /** Number of members we know, of any status. */
  readonly poolSize: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What waits to ride along with the packets of the failure detector. */
export class SerfBroadcasts {
  readonly #options: SerfBroadcastsOptions;
  readonly #deps: SerfBroadcastsDeps;
  readonly #queues: Readonly<Record<BroadcastKind, BroadcastQueue>>;

  constructor(options: SerfBroadcastsOptions, deps: SerfBroadcastsDeps) {
    this.#options = options;
    this.#deps = deps;
    const newQueue = (): BroadcastQueue =>
      new BroadcastQueue({ retransmitMult: options.retransmitMult, maxDepth: () => this.#maxDepth() });
    this.#queues = { intent: newQueue(), query: newQueue(), event: newQueue() };
  }

  /** @param onDone - called when the message left the queue, at once when it never fits a datagram */
  enqueue(kind: BroadcastKind, bytes: Uint8Array, onDone?: (outcome: BroadcastOutcome) => void): void {
    // serf: keeps such a message in the queue for ever.
    if (bytes.length > this.#options.maxMessageBytes) onDone?.('dropped');
    else this.#queues[kind].enqueue(onDone === undefined ? { bytes } : { bytes, onDone });
  }

  /** How many messages wait. */
  get waiting(): number {
    return this.depth('intent') + this.depth('query') + this.depth('event');
  }

  depth(kind: BroadcastKind): number {
    return this.#queues[kind].depth;
  }

  /** Fills one packet: intents first, then queries, then events. */
  take({ overheadBytes, limitBytes, copies = 1 }: Omit<TakeLimits, 'limitMessages'>): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let left = limitBytes;
    for (const kind of KINDS) {
      if (this.depth(kind) === 0) continue;
      const messages = this.#queues[kind].take({ overheadBytes, limitBytes: left, copies }, this.#deps.poolSize());
      for (const message of messages) left -= overheadBytes + message.length;
      taken.push(...messages);
    }
    return taken;
  }

  /** Reports how much waits. */
  sample(): void {
    for (const kind of KINDS) {
      const depth = this.depth(kind);
      this.#deps.metrics.addSample(QUEUE_METRICS[kind], depth);
      if (depth > this.#options.queueDepthWarning) this.#deps.logger.warn('broadcast queue is long', { kind, depth });
    }
  }

  /** Drops everything; who waits for a broadcast is told. */
  clear(): void {
    for (const kind of KINDS) this.#queues[kind].clear();
  }

  #maxDepth(): number {
    const { maxQueueDepth, minQueueDepth } = this.#options;
    return minQueueDepth > 0 ? Math.max(minQueueDepth, 2 * this.#deps.poolSize()) : maxQueueDepth;
  }
}
