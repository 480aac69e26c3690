import type { Logger, Metrics } from '@steppe/runtime';
import { GOSSIP_METRICS } from '../metrics.js';
import { decodeSerfMessage, encodeSerfMessage } from '../wire/serf-codec.js';
import type { SerfPushPull } from '../wire/serf-message.js';
import type { Intents } from './intents.js';
import type { LamportClock } from './lamport-clock.js';
import type { MemberTable } from './member-table.js';
import type { UserEvents } from './user-events.js';

/** Peers refuse more than 20 MiB: new members could not join any more. Said in time. */
const WARN_BYTES = 12 * 1024 * 1024;

export interface PushPullStateDeps {
  readonly table: MemberTable;
  readonly intents: Intents;
  readonly userEvents: UserEvents;
  readonly memberClock: LamportClock;
  readonly eventClock: LamportClock;
  readonly queryClock: LamportClock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Our part of a full exchange of state: what repairs lost intents and events. Lost queries stay lost. */
export class PushPullState {
  readonly #deps: PushPullStateDeps;
  /** Joins under way that want nothing of the past. */
  #ignoringOld = 0;

  constructor(deps: PushPullStateDeps) {
    this.#deps = deps;
  }

  /** Runs a join; while it runs, events that a pool had before it are not heard. */
  async ignoringOldEvents<T>(join: () => Promise<T>): Promise<T> {
    this.#ignoringOld += 1;
    try {
      return await join();
    } finally {
      this.#ignoringOld -= 1;
    }
  }

  local(): Uint8Array {
    const { table, userEvents, memberClock, eventClock, queryClock } = this.#deps;
    const statusLTimes = new Map<string, number>();
    const leftMembers: string[] = [];
    for (const { member, statusTime } of table.records()) {
      // Differs from serf: to a peer that has not heard the intent to leave, its time would be that of a member that stays.
      // The intent would then be old news there, and the member failed instead of left.
      if (member.status === 'leaving') continue;
      statusLTimes.set(member.name, statusTime);
      if (member.status === 'left') leftMembers.push(member.name);
    }
    const bytes = encodeSerfMessage({
      type: 'push-pull',
      lTime: memberClock.time,
      eventLTime: eventClock.time,
      queryLTime: queryClock.time,
      statusLTimes,
      leftMembers,
      events: userEvents.recent(),
    });
    if (bytes.length > WARN_BYTES)
      this.#deps.logger.warn('our state is close to what peers take', { bytes: bytes.length });
    return bytes;
  }

  /** A peer's state. */
  merge(bytes: Uint8Array, { join }: { readonly join: boolean }): void {
    const state = decodeSerfMessage(bytes);
    if (state.type !== 'push-pull') {
      this.#refuse(state.type === 'rejected' ? state.reason : 'unexpected-type');
      return;
    }
    if (!this.#witness(state)) {
      this.#refuse('lamport-jump');
      return;
    }
    const { intents, userEvents } = this.#deps;
    const left = new Set(state.leftMembers);
    for (const [name, lTime] of state.statusLTimes) {
      if (left.has(name)) intents.mergeLeft(name, lTime);
      else intents.mergeMember(name, lTime);
    }
    if (join && this.#ignoringOld > 0) userEvents.ignoreBefore(state.eventLTime);
    userEvents.replay(state.events);
  }

  /** Clocks stand one above the last time used. */
  #witness({ lTime, eventLTime, queryLTime }: SerfPushPull): boolean {
    const { memberClock, eventClock, queryClock } = this.#deps;
    const pairs = [
      [memberClock, lTime],
      [eventClock, eventLTime],
      [queryClock, queryLTime],
    ] as const;
    return pairs.every(([clock, time]) => time === 0 || clock.witness(time - 1));
  }

  #refuse(reason: string): void {
    this.#deps.metrics.incrCounter(GOSSIP_METRICS.messagesRefused, 1, { reason });
    this.#deps.logger.warn('refusing the state of a peer', { reason });
  }
}
