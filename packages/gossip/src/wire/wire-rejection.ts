/** Why remote input was not taken. */
export type WireRejectionReason =
  /** No bytes, or a part without any. */
  | 'empty'
  /** The first byte names no message that may stand here. */
  | 'unknown-type'
  /** Ends within a message. */
  | 'truncated'
  /** Not the msgpack, the types or the values the message needs. */
  | 'malformed'
  /** A number beyond what its field can hold, or a Lamport time beyond 2^53 - 1. */
  | 'out-of-range'
  /** Wrappers within wrappers, or msgpack within msgpack, beyond the limit. */
  | 'too-deep'
  /** More messages in one datagram than anybody sends. */
  | 'too-many-parts'
  /** A length, a count or the unpacked size is beyond the limit. */
  | 'too-large'
  /** The checksum does not fit the bytes. */
  | 'checksum'
  /** Not the one compression there is, or broken. */
  | 'compression'
  /** No key of ours opens it, or it is not encrypted and has to be. */
  | 'encryption'
  /** It is encrypted, and we have no key at all. */
  | 'encryption-not-configured'
  /** The label is missing, malformed or another pool's. */
  | 'label';

/** Remote input that was not taken; told from messages by its `type`. To be counted and logged, never thrown. */
export interface WireRejection {
  readonly type: 'rejected';
  readonly reason: WireRejectionReason;
  /** Only of a stream's outer layers: what its listener answers in an error message before it closes. */
  readonly errorReply?: string;
}

const known = new Map<WireRejectionReason, WireRejection>();

/** One object per reason, so that a flood of bad input allocates nothing. */
export function rejected(reason: WireRejectionReason): WireRejection {
  let rejection = known.get(reason);
  if (rejection === undefined) {
    rejection = Object.freeze({ type: 'rejected', reason });
    known.set(reason, rejection);
  }
  return rejection;
}
