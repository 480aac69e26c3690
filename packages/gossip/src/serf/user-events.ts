import type { Logger, Metrics } from '@steppe/runtime';
import { gossipError } from '../errors.js';
import { GOSSIP_METRICS } from '../metrics.js';
import { encodeSerfMessage } from '../wire/serf-codec.js';
import type { EventSlot, LamportTime, UserEventMessage } from '../wire/serf-message.js';
import type { LamportClock } from './lamport-clock.js';
import { LamportWindow } from './lamport-window.js';
import type { UserEvent } from './serf-event.js';

const SLOTS = 512;
const MAX_PER_TIME = 128;
/** Beyond this, real agents refuse to be configured. */
const LARGEST_LIMIT_BYTES = 9216;

type EventItem = EventSlot['events'][number];

export interface UserEventsOptions {
  /** Most bytes of name and payload together, and of the encoded message. */
  readonly maxBytes: number;
}

export interface UserEventsDeps {
  /** Event clock. */
  readonly lamport: LamportClock;
  readonly broadcast: (event: Uint8Array) => void;
  readonly emit: (event: UserEvent) => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Events that applications give to the whole pool: each reaches every member once, in no certain order. */
export class UserEvents {
  readonly #options: UserEventsOptions;
  readonly #deps: UserEventsDeps;
  readonly #seen = new LamportWindow<EventItem>({ size: SLOTS, maxPerTime: MAX_PER_TIME, same: sameEvent });

  /** @throws RangeError for a limit beyond 9216 bytes */
  constructor(options: UserEventsOptions, deps: UserEventsDeps) {
    if (options.maxBytes > LARGEST_LIMIT_BYTES) {
      throw new RangeError(`user events can have ${LARGEST_LIMIT_BYTES} bytes at most, not ${options.maxBytes}`);
    }
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Gives an event to everybody, us included.
   * @throws USER_EVENT_TOO_LARGE
   */
  send(name: string, payload: Uint8Array, { coalesce }: { readonly coalesce: boolean }): void {
    this.#check('name and payload', Buffer.byteLength(name) + payload.length);
    const { lamport, broadcast } = this.#deps;
    const event: UserEventMessage = { type: 'user-event', lTime: lamport.time, name, payload, coalesce };
    const bytes = encodeSerfMessage(event);
    this.#check('encoded message', bytes.length);
    lamport.next();
    this.#accept(event);
    broadcast(bytes);
  }

  /** An event from the pool; a new one is passed on as it came. */
  receive(event: UserEventMessage, bytes: Uint8Array): void {
    if (this.#accept(event)) this.#deps.broadcast(bytes);
  }

  /** Events that a peer remembers, from its push/pull. Everybody gets them that way, so they are not passed on. */
  replay(slots: readonly EventSlot[]): void {
    for (const { lTime, events } of slots) {
      for (const event of events) this.#accept({ type: 'user-event', lTime, ...event, coalesce: false });
    }
  }

  /** Events from before `time` are nothing to us any more. */
  ignoreBefore(time: LamportTime): void {
    this.#seen.raiseMinimum(time);
  }

  /** What we remember, for a push/pull. */
  recent(): readonly EventSlot[] {
    return this.#seen.slots().map(({ lTime, items }) => ({ lTime, events: items }));
  }

  #accept({ lTime, name, payload, coalesce }: UserEventMessage): boolean {
    const { lamport, emit, logger, metrics } = this.#deps;
    if (!lamport.witness(lTime)) {
      metrics.incrCounter(GOSSIP_METRICS.messagesRefused, 1, { reason: 'lamport-jump' });
      logger.warn('refusing an event from too far ahead', { lTime });
      return false;
    }
    if (!this.#seen.admit(lTime, { name, payload }, lamport.time)) return false;
    metrics.incrCounter(GOSSIP_METRICS.userEvents);
    emit({ type: 'user', lTime, name, payload, coalesce });
    return true;
  }

  #check(what: string, bytes: number): void {
    const limit = this.#options.maxBytes;
    if (bytes <= limit) return;
    throw gossipError(
      { code: 'USER_EVENT_TOO_LARGE', bytes, limit },
      `user event exceeds limit of ${limit} bytes: its ${what} has ${bytes}`,
    );
  }
}

function sameEvent(a: EventItem, b: EventItem): boolean {
  return a.name === b.name && Buffer.compare(a.payload, b.payload) === 0;
}
