import type { Member, MemberStatus } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { LamportTime } from '../wire/serf-message.js';
import { ExpiringMap } from './expiring-map.js';
import { withStatus } from './node-member.js';
import type { MemberEvent, MemberEventType } from './serf-event.js';

/** Names remembered without being members; forged intents can push out no more than each other. */
const MAX_ABSENT_NAMES = 8192;

/** What the table knows of one member. */
export interface MemberRecord {
  readonly member: Member;
  /** Lamport time of the last intent that counted. */
  readonly statusTime: LamportTime;
  /** Whether the failure detector holds it for alive (or only suspects it). */
  readonly present: boolean;
  /** Monotonic milliseconds since when it is failed or left; of the start of the record until then. */
  readonly goneSinceMs: number;
}

/** What an intent did. */
export interface IntentOutcome {
  /** Not seen before: worth passing on. */
  readonly isNew: boolean;
  readonly event?: MemberEvent;
}

export interface NodeJoinOutcome {
  readonly event: MemberEvent;
  /** How long the member had been failed, when it had. */
  readonly failedForMs?: number;
}

export interface MemberTableOptions {
  /** How long an intent about a name that is no member is kept, in case it becomes one. */
  readonly recentIntentMs: number;
  /** How long older intents about an erased name are ignored. */
  readonly tombstoneMs: number;
}

interface MutableRecord {
  member: Member;
  statusTime: LamportTime;
  present: boolean;
  goneSinceMs: number;
  /** A departure that only a push/pull told us of, while the failure detector still sees the member. */
  heldLeave?: { readonly lTime: LamportTime; readonly untilMs: number } | undefined;
}

interface RecentIntent {
  readonly type: 'join' | 'leave';
  readonly lTime: LamportTime;
}

const OLD: IntentOutcome = { isNew: false };
const NEW: IntentOutcome = { isNew: true };

const eventOf = (type: MemberEventType, member: Member): MemberEvent => ({ type, members: [member] });

/**
 * The members and their status: what the failure detector says (a node joined, left, changed), ordered against what
 * members say of each other (intents) by Lamport time. Decides and remembers; sending and telling are up to the caller.
 * @see spec section 4.3
 */
export class MemberTable {
  readonly #options: MemberTableOptions;
  readonly #clock: Clock;
  readonly #records = new Map<string, MutableRecord>();
  readonly #recentIntents: ExpiringMap<RecentIntent>;
  readonly #tombstones: ExpiringMap<LamportTime>;
  #members: readonly Member[] | undefined;

  constructor(options: MemberTableOptions, { clock }: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = clock;
    this.#recentIntents = new ExpiringMap({ ttlMs: options.recentIntentMs, maxSize: MAX_ABSENT_NAMES }, { clock });
    this.#tombstones = new ExpiringMap({ ttlMs: options.tombstoneMs, maxSize: MAX_ABSENT_NAMES }, { clock });
  }

  get size(): number {
    return this.#records.size;
  }

  /** All members: the same frozen array until something changes. */
  members(): readonly Member[] {
    this.#members ??= Object.freeze(Array.from(this.#records.values(), (record) => record.member));
    return this.#members;
  }

  get(name: string): MemberRecord | undefined {
    return this.#records.get(name);
  }

  records(): Iterable<MemberRecord> {
    return this.#records.values();
  }

  /** How many members have this status. */
  count(status: MemberStatus): number {
    let count = 0;
    for (const { member } of this.#records.values()) if (member.status === status) count += 1;
    return count;
  }

  /** How many members the failure detector holds for alive, or only suspects. */
  liveCount(): number {
    let count = 0;
    for (const { present } of this.#records.values()) if (present) count += 1;
    return count;
  }

  /** The failure detector sees a node that was absent, dead or left. The status of `member` does not count. */
  nodeJoined(member: Member): NodeJoinOutcome {
    const now = this.#clock.monotonic();
    const record = this.#records.get(member.name);
    if (record !== undefined) {
      const failedForMs = record.member.status === 'failed' ? now - record.goneSinceMs : undefined;
      record.present = true;
      record.heldLeave = undefined;
      this.#show(record, withStatus(member, 'alive'));
      const event = eventOf('member-join', record.member);
      return failedForMs === undefined ? { event } : { event, failedForMs };
    }
    const intent = this.#recentIntents.get(member.name);
    const created: MutableRecord = {
      member,
      // An erased name continues where it stopped, or intents from before its erasure would count again.
      statusTime: Math.max(intent?.lTime ?? 0, this.#tombstones.get(member.name) ?? 0),
      present: true,
      goneSinceMs: now,
    };
    this.#recentIntents.delete(member.name);
    this.#tombstones.delete(member.name);
    this.#records.set(member.name, created);
    this.#show(created, withStatus(member, intent?.type === 'leave' ? 'leaving' : 'alive'));
    return { event: eventOf('member-join', created.member) };
  }

  /** The failure detector lost a node, whether it died or said goodbye: only intents make the difference here. */
  nodeLeft(name: string): MemberEvent | undefined {
    const record = this.#records.get(name);
    if (record === undefined || !record.present) return undefined;
    record.present = false;
    record.goneSinceMs = this.#clock.monotonic();
    const held = record.heldLeave;
    record.heldLeave = undefined;
    const wasAnnounced = held !== undefined && held.untilMs > record.goneSinceMs && held.lTime > record.statusTime;
    if (wasAnnounced) record.statusTime = held.lTime;
    if (record.member.status === 'leaving' || wasAnnounced) {
      this.#show(record, withStatus(record.member, 'left'));
      return eventOf('member-leave', record.member);
    }
    if (record.member.status !== 'alive') return undefined;
    this.#show(record, withStatus(record.member, 'failed'));
    return eventOf('member-failed', record.member);
  }

  /** Tags, address or versions of a node changed; its status did not. Versions alone are no event. */
  nodeUpdated(member: Member): MemberEvent | undefined {
    const record = this.#records.get(member.name);
    if (record === undefined) return undefined;
    const before = record.member;
    record.heldLeave = undefined;
    this.#show(record, withStatus(member, before.status));
    const isSame =
      before.address === member.address && before.port === member.port && sameTags(before.tags, member.tags);
    return isSame ? undefined : eventOf('member-update', record.member);
  }

  /** Somebody says that a member wants to be in the pool. */
  joinIntent(name: string, lTime: LamportTime): IntentOutcome {
    const record = this.#records.get(name);
    if (record === undefined) return this.#rememberIntent(name, { type: 'join', lTime });
    if (lTime <= record.statusTime) return OLD;
    record.statusTime = lTime;
    record.heldLeave = undefined;
    if (record.member.status === 'leaving') this.#show(record, withStatus(record.member, 'alive'));
    return NEW;
  }

  /** Somebody says that a member leaves. About ourselves only when we do. */
  leaveIntent(name: string, lTime: LamportTime): IntentOutcome {
    const record = this.#records.get(name);
    if (record === undefined) return this.#rememberIntent(name, { type: 'leave', lTime });
    if (lTime <= record.statusTime) return OLD;
    // Also for a member that is leaving or left already: two members with different times for one departure would
    // otherwise pass their intents to and fro for ever.
    record.statusTime = lTime;
    record.heldLeave = undefined;
    if (record.member.status === 'alive') {
      this.#show(record, withStatus(record.member, 'leaving'));
    } else if (record.member.status === 'failed') {
      this.#show(record, withStatus(record.member, 'left'));
      return { isNew: true, event: eventOf('member-leave', record.member) };
    }
    return NEW;
  }

  /**
   * A peer lists the member as left since `peerTime`, in a push/pull. Counts as an intent one later than that, so that it
   * overrules what made the peer's and our times equal.
   * Differs from serf: a name that is no member here is not imported, and a member that left already only takes over the
   * peer's time: with "one later" two members would count each other up at every push/pull. While the failure detector
   * sees the member, the peer's word waits until the member is gone, and is dropped when it shows itself again: it may
   * be from before a restart, and as it is not passed on the member would never hear of it and refute, but would stay
   * "leaving" for ever.
   */
  leftElsewhere(name: string, peerTime: LamportTime): IntentOutcome {
    const record = this.#records.get(name);
    if (record === undefined || peerTime < record.statusTime) return OLD;
    if (record.member.status === 'left') {
      record.statusTime = peerTime;
      return OLD;
    }
    if (record.member.status !== 'alive' || !record.present) return this.leaveIntent(name, peerTime + 1);
    record.heldLeave = {
      lTime: peerTime + 1,
      untilMs: this.#clock.monotonic() + this.#options.recentIntentMs,
    };
    return OLD;
  }

  /** Forgets a member, and for a while every intent about it up to its status time. */
  erase(name: string): MemberEvent | undefined {
    const record = this.#records.get(name);
    if (record === undefined) return undefined;
    this.#records.delete(name);
    this.#members = undefined;
    this.#tombstones.set(name, record.statusTime);
    return eventOf('member-reap', record.member);
  }

  #rememberIntent(name: string, intent: RecentIntent): IntentOutcome {
    if (intent.lTime <= (this.#tombstones.get(name) ?? -1)) return OLD;
    const known = this.#recentIntents.get(name);
    if (known !== undefined && known.lTime >= intent.lTime) return OLD;
    this.#recentIntents.set(name, intent);
    return NEW;
  }

  #show(record: MutableRecord, member: Member): void {
    record.member = Object.freeze(member);
    this.#members = undefined;
  }
}

function sameTags(a: Member['tags'], b: Member['tags']): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}
