/** A Lamport time: up to 2^53 - 1; larger ones are refused when decoded, as they would freeze a clock. */
export type LamportTime = number;

export interface LeaveIntent {
  readonly type: 'leave';
  readonly lTime: LamportTime;
  readonly node: string;
  readonly prune: boolean;
}

export interface JoinIntent {
  readonly type: 'join';
  readonly lTime: LamportTime;
  readonly node: string;
}

/** User events that share one Lamport time. */
export interface EventSlot {
  readonly lTime: LamportTime;
  readonly events: readonly { readonly name: string; readonly payload: Uint8Array }[];
}

/** serf's part of a push/pull. */
export interface SerfPushPull {
  readonly type: 'push-pull';
  readonly lTime: LamportTime;
  readonly eventLTime: LamportTime;
  readonly queryLTime: LamportTime;
  /** Name to status time of every member the sender knows. */
  readonly statusLTimes: ReadonlyMap<string, LamportTime>;
  readonly leftMembers: readonly string[];
  /** Without the empty slots of the sender's ring. */
  readonly events: readonly EventSlot[];
}

export interface UserEventMessage {
  readonly type: 'user-event';
  readonly lTime: LamportTime;
  readonly name: string;
  readonly payload: Uint8Array;
  /** Whether receivers may coalesce it with others of its name. */
  readonly coalesce: boolean;
}

export type QueryFilter =
  | { readonly type: 'node'; readonly names: readonly string[] }
  | { readonly type: 'tag'; readonly tag: string; readonly expression: string }
  /** Unknown or undecodable: excludes everybody. */
  | { readonly type: 'unknown' };

export interface QueryMessage {
  readonly type: 'query';
  readonly lTime: LamportTime;
  /** uint32. */
  readonly id: number;
  /** Where responses go: 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
  readonly sourceNode: string;
  readonly filters: readonly QueryFilter[];
  readonly ackRequested: boolean;
  readonly noBroadcast: boolean;
  readonly relayFactor: number;
  /** Milliseconds; nanoseconds on the wire. */
  readonly timeoutMs: number;
  readonly name: string;
  readonly payload: Uint8Array;
}

export interface QueryResponseMessage {
  readonly type: 'query-response';
  readonly lTime: LamportTime;
  readonly id: number;
  readonly from: string;
  /** An ack, not an answer. */
  readonly ack: boolean;
  readonly payload: Uint8Array;
}

/** Asks to pass `message` (type byte and body) on to `address`. */
export interface RelayMessage {
  readonly type: 'relay';
  readonly address: Uint8Array;
  readonly port: number;
  readonly nodeName: string;
  readonly message: Uint8Array;
}

export type SerfMessage =
  | LeaveIntent
  | JoinIntent
  | SerfPushPull
  | UserEventMessage
  | QueryMessage
  | QueryResponseMessage
  | RelayMessage;

/** What a member knows of another; the answer in a name conflict. Status: 0 none, 1 alive, 2 leaving, 3 left, 4 failed. */
export interface ConflictMember {
  readonly name: string;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly status: number;
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCurrent: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCurrent: number;
}

/** A member's answer to a key operation. */
export interface KeyResponse {
  readonly result: boolean;
  /** Why not, or a remark. */
  readonly message: string;
  /** In base64, in ring order; only of a list. */
  readonly keys: readonly string[];
  /** In base64; empty when not told. */
  readonly primaryKey: string;
}

/** A network coordinate, as it rides in acks. In seconds. Any numbers, NaN and infinities included. */
export interface CoordinateBlock {
  readonly vec: readonly number[];
  readonly error: number;
  readonly adjustment: number;
  readonly height: number;
}
