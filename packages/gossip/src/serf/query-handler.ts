import type { Clock, Logger, Metrics } from '@steppe/runtime';
import { gossipError } from '../errors.js';
import { GOSSIP_METRICS } from '../metrics.js';
import type { QueryMessage } from '../wire/serf-message.js';
import type { LamportClock } from './lamport-clock.js';
import { LamportWindow } from './lamport-window.js';
import type { LamportTime } from '../wire/serf-message.js';
import { passesFilters } from './query-filters.js';
import type { QueryReplies } from './query-replies.js';
import type { QueryEvent } from './serf-event.js';

const SLOTS = 512;
const MAX_PER_TIME = 128;
/** Nobody waits longer, whatever a query says. */
const TIMEOUT_MAX_MS = 5 * 60_000;
/** Queries between members themselves; applications never see them. */
const INTERNAL_PREFIX = '_serf_';

/** A query as its handler sees it. */
export interface IncomingQuery extends QueryEvent {
  /** Whether {@link respond} would take this payload. */
  fits(payload: Uint8Array): boolean;
}

export interface QueryHandlerDeps {
  readonly clock: Clock;
  /** Query clock. */
  readonly lamport: LamportClock;
  readonly replies: QueryReplies;
  readonly broadcast: (query: Uint8Array) => void;
  /** What the filters look at. */
  readonly self: () => { readonly name: string; readonly tags: Readonly<Record<string, string>> };
  readonly emit: (query: IncomingQuery) => void;
  readonly internal: (query: IncomingQuery) => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Questions from the pool, our own included: each is answered at most once, and passed on. */
export class QueryHandler {
  readonly #deps: QueryHandlerDeps;
  readonly #seen = new LamportWindow<number>({ size: SLOTS, maxPerTime: MAX_PER_TIME, same: (a, b) => a === b });

  constructor(deps: QueryHandlerDeps) {
    this.#deps = deps;
  }

  /** Queries from before `time` are nothing to us any more. */
  ignoreBefore(time: LamportTime): void {
    this.#seen.raiseMinimum(time);
  }

  /** @param bytes - as it came; a query of ours passes its own */
  receive(query: QueryMessage, bytes: Uint8Array): void {
    const { lamport, replies, broadcast, self, emit, internal, metrics, logger } = this.#deps;
    if (!lamport.witness(query.lTime)) {
      metrics.incrCounter(GOSSIP_METRICS.messagesRefused, 1, { reason: 'lamport-jump' });
      logger.warn('refusing a query from too far ahead', { lTime: query.lTime });
      return;
    }
    if (!this.#seen.admit(query.lTime, query.id, lamport.time)) return;
    metrics.incrCounter(GOSSIP_METRICS.queries);
    // Also when we are not asked: others are.
    if (!query.noBroadcast) broadcast(bytes);
    if (!passesFilters(query.filters, self())) return;
    if (query.ackRequested) replies.ack(query);
    (query.name.startsWith(INTERNAL_PREFIX) ? internal : emit)(this.#incoming(query));
  }

  #incoming(query: QueryMessage): IncomingQuery {
    const { clock, replies } = this.#deps;
    const deadlineMs = clock.monotonic() + Math.min(Math.max(0, query.timeoutMs), TIMEOUT_MAX_MS);
    let answered = false;
    const refuse = (reason: 'late' | 'answered'): never => {
      throw gossipError({ code: 'QUERY_RESPONSE_REFUSED', reason }, `query response refused: ${reason}`);
    };
    return {
      type: 'query',
      lTime: query.lTime,
      name: query.name,
      payload: query.payload,
      from: query.sourceNode,
      deadlineMs,
      fits: (payload) => replies.fits(query, payload),
      respond: (payload) => {
        if (answered) refuse('answered');
        if (clock.monotonic() >= deadlineMs) refuse('late');
        replies.respond(query, payload);
        answered = true;
      },
    };
  }
}
