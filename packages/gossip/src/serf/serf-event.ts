import type { Member } from '@steppe/domain';
import type { LamportTime } from '../wire/serf-message.js';

export type MemberEventType = 'member-join' | 'member-leave' | 'member-failed' | 'member-update' | 'member-reap';

/** Something happened to members: one, unless events are coalesced. */
export interface MemberEvent {
  readonly type: MemberEventType;
  /** As they are after the change; reaped ones as they were last. */
  readonly members: readonly Member[];
}

/** A message that somebody gave to the whole pool. */
export interface UserEvent {
  readonly type: 'user';
  readonly lTime: LamportTime;
  readonly name: string;
  readonly payload: Uint8Array;
  /** Whether the sender allowed to keep only the latest of this name. */
  readonly coalesce: boolean;
}

/** A question to the pool whose filters we pass. */
export interface QueryEvent {
  readonly type: 'query';
  readonly lTime: LamportTime;
  readonly name: string;
  readonly payload: Uint8Array;
  /** Name of the member that asks. */
  readonly from: string;
  /** When answers stop counting, on the monotonic clock. */
  readonly deadlineMs: number;
  /**
   * Answers, once.
   * @throws QUERY_RESPONSE_TOO_LARGE; QUERY_RESPONSE_REFUSED after the deadline or a previous answer
   */
  respond(payload: Uint8Array): void;
}

export type SerfEvent = MemberEvent | UserEvent | QueryEvent;
