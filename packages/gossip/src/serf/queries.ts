import type { Clock, Logger, Metrics, Random } from '@steppe/runtime';
import { gossipError } from '../errors.js';
import type { GossipNode } from '../memberlist/delegate.js';
import { GOSSIP_METRICS } from '../metrics.js';
import { encodeSerfMessage } from '../wire/serf-codec.js';
import type { QueryFilter, QueryMessage, QueryResponseMessage } from '../wire/serf-message.js';
import type { LamportClock } from './lamport-clock.js';
import type { Query } from './query-collector.js';
import { QueryCollector } from './query-collector.js';

/** Most bytes of an encoded query. */
const QUERY_MAX_BYTES = 1024;
/** Queries of ours that may be under way at once. */
const OPEN_MAX = 1024;

export interface QueryOptions {
  /** Who is asked: those who pass all. Default: everybody. */
  readonly filters?: readonly QueryFilter[];
  /** Whether members say that they got it, before they answer. Default: no. */
  readonly ack?: boolean;
  /** Through how many other members each answer comes as well: 0-255. Default: 0. */
  readonly relayFactor?: number;
  /** How long answers count, milliseconds, more than 0. Default: grows with the pool, see {@link defaultQueryTimeoutMs}. */
  readonly timeoutMs?: number;
  /** Closes the query when it aborts. */
  readonly signal?: AbortSignal;
}

export interface QueriesDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Query clock. */
  readonly lamport: LamportClock;
  /** Our own node: where answers go. */
  readonly local: () => GossipNode;
  /** Live members, us included. */
  readonly liveCount: () => number;
  /** Hands a query of ours to ourselves and to the pool. */
  readonly publish: (query: QueryMessage, bytes: Uint8Array) => void;
  readonly gossipIntervalMs: number;
  /** Scales the default timeout. */
  readonly timeoutMult: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** How long a query waits in a pool of `n` live members, milliseconds: `gossip interval × mult × ceil(log10(n + 1))`. */
export function defaultQueryTimeoutMs(gossipIntervalMs: number, timeoutMult: number, n: number): number {
  return gossipIntervalMs * timeoutMult * Math.ceil(Math.log10(n + 1));
}

/** Our own questions to the pool, from asking until their time is over. */
export class Queries {
  readonly #deps: QueriesDeps;
  /** By time and id. */
  readonly #open = new Map<string, QueryCollector>();

  constructor(deps: QueriesDeps) {
    this.#deps = deps;
  }

  /**
   * Asks the pool, us included.
   * @throws QUERY_TOO_LARGE, TOO_MANY_QUERIES; the reason of a signal that has aborted
   */
  ask(name: string, payload: Uint8Array, options: QueryOptions = {}): Query {
    options.signal?.throwIfAborted();
    const { clock, lamport, publish, liveCount, gossipIntervalMs, timeoutMult } = this.#deps;
    if (this.#open.size >= OPEN_MAX) {
      throw gossipError({ code: 'TOO_MANY_QUERIES', limit: OPEN_MAX }, `more than ${OPEN_MAX} queries are open`);
    }
    const numNodes = liveCount();
    const timeoutMs = options.timeoutMs ?? defaultQueryTimeoutMs(gossipIntervalMs, timeoutMult, numNodes);
    const message = this.#message(name, payload, timeoutMs, options);
    const bytes = encodeSerfMessage(message);
    if (bytes.length > QUERY_MAX_BYTES) {
      throw gossipError(
        { code: 'QUERY_TOO_LARGE', bytes: bytes.length, limit: QUERY_MAX_BYTES },
        `query exceeds limit of ${QUERY_MAX_BYTES} bytes: it has ${bytes.length}`,
      );
    }
    lamport.next();
    const { lTime, id, ackRequested } = message;
    const key = keyOf(message);
    const close = (): void => query.close();
    const timer = clock.setTimer(timeoutMs, close);
    const onClose = (): void => {
      timer.cancel();
      options.signal?.removeEventListener('abort', close);
      this.#open.delete(key);
    };
    const query = new QueryCollector({ lTime, id, numNodes, ackRequested, onClose });
    this.#open.set(key, query);
    options.signal?.addEventListener('abort', close, { once: true });
    publish(message, bytes);
    return query;
  }

  /** An answer came in. */
  receive(response: QueryResponseMessage): void {
    const { logger, metrics } = this.#deps;
    const query = this.#open.get(keyOf(response));
    const { from, ack, payload } = response;
    const outcome = query?.accept(ack ? { type: 'ack', from } : { type: 'response', from, payload }) ?? 'closed';
    if (outcome === 'accepted') {
      metrics.incrCounter(ack ? GOSSIP_METRICS.queryAcks : GOSSIP_METRICS.queryResponses);
    } else if (outcome !== 'duplicate') {
      // Relays make duplicates by design, and those that come after the last answer look late.
      logger.debug('dropping an answer to a query', { from, outcome });
    }
  }

  /** Ends everything that is open. */
  stop(): void {
    for (const query of this.#open.values()) query.close();
  }

  #message(name: string, payload: Uint8Array, timeoutMs: number, options: QueryOptions): QueryMessage {
    const { lamport, local, random } = this.#deps;
    const { address, port, name: sourceNode } = local();
    return {
      type: 'query',
      lTime: lamport.time,
      id: Math.floor(random.next() * 2 ** 31),
      address,
      port,
      sourceNode,
      filters: options.filters ?? [],
      ackRequested: options.ack ?? false,
      noBroadcast: false,
      relayFactor: options.relayFactor ?? 0,
      timeoutMs,
      name,
      payload,
    };
  }
}

function keyOf({ lTime, id }: { readonly lTime: number; readonly id: number }): string {
  return `${lTime}/${id}`;
}
