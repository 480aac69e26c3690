import {
  MEMBERLIST_TYPE,
  readAck,
  readError,
  readPing,
  readPushPullHeader,
  readPushPullNode,
  readUserHeader,
} from './memberlist-codec.js';
import type { PushPullHeader } from './memberlist-codec.js';
import type { PushPullNode, StreamMessage } from './memberlist-message.js';
import { MsgpackReader } from './msgpack-reader.js';
import { rejected } from './wire-rejection.js';
import type { WireRejection, WireRejectionReason } from './wire-rejection.js';

/** Most bytes of a header, a node entry or a small message; what a real agent writes is far below. */
export const MAX_ENTRY_BYTES = 16_384;

export interface StreamBodyLimits {
  /** Node entries in one push/pull. */
  readonly maxNodes: number;
  /** User state, or a user message. */
  readonly maxUserBytes: number;
}

/**
 * Reads one unwrapped stream message as its bytes come, each of them once: what was read stays read. Between calls the
 * bytes may move to a larger buffer, but not change.
 */
export class StreamBody {
  readonly #limits: StreamBodyLimits;
  readonly #typeAt: number;
  /** Of the next thing to read. */
  #at: number;
  /** No sense in trying before there are so many bytes. */
  #needed: number;
  #rejection: WireRejection | undefined;
  #header: PushPullHeader | undefined;
  #nodesLeft = 0;
  readonly #nodes: PushPullNode[] = [];
  #userBytes: number | undefined;

  /** @param start - offset of the type byte */
  constructor(start: number, limits: StreamBodyLimits) {
    this.#limits = limits;
    this.#typeAt = start;
    this.#at = start + 1;
    this.#needed = start + 1;
  }

  /**
   * @param bytes - everything that came so far, from the start
   * @returns `undefined` as long as the message is not complete
   */
  read(bytes: Uint8Array, end: number): StreamMessage | WireRejection | undefined {
    if (end < this.#needed) return undefined;
    return this.#message(bytes, end) ?? this.#rejection;
  }

  #message(bytes: Uint8Array, end: number): StreamMessage | undefined {
    switch (bytes[this.#typeAt]) {
      case MEMBERLIST_TYPE.ping:
        return this.#next(bytes, end, readPing);
      case MEMBERLIST_TYPE.ack:
        return this.#next(bytes, end, readAck);
      case MEMBERLIST_TYPE.error:
        return this.#next(bytes, end, readError);
      case MEMBERLIST_TYPE.user:
        return this.#user(bytes, end);
      case MEMBERLIST_TYPE.pushPull:
        return this.#pushPull(bytes, end);
      default:
        this.#reject('unknown-type');
        return undefined;
    }
  }

  #user(bytes: Uint8Array, end: number): StreamMessage | undefined {
    this.#userBytes ??= this.#next(bytes, end, readUserHeader);
    const payload = this.#tail(bytes, end, this.#userBytes);
    return payload && { type: 'user', payload };
  }

  #pushPull(bytes: Uint8Array, end: number): StreamMessage | undefined {
    if (this.#header === undefined) {
      const header = this.#next(bytes, end, readPushPullHeader);
      if (header === undefined) return undefined;
      if (header.nodes > this.#limits.maxNodes) {
        this.#reject('too-large');
        return undefined;
      }
      this.#header = header;
      this.#nodesLeft = header.nodes;
    }
    for (; this.#nodesLeft > 0; this.#nodesLeft -= 1) {
      const node = this.#next(bytes, end, readPushPullNode);
      if (this.#rejection !== undefined || this.#needed > end) return undefined;
      if (node !== undefined) this.#nodes.push(node);
    }
    const userState = this.#tail(bytes, end, this.#header.userStateBytes);
    return userState && { type: 'push-pull', join: this.#header.join, nodes: this.#nodes, userState };
  }

  /** The announced bytes at the end of a message; they share memory with `bytes`. */
  #tail(bytes: Uint8Array, end: number, length: number | undefined): Uint8Array | undefined {
    if (length === undefined) return undefined;
    if (length > this.#limits.maxUserBytes) {
      this.#reject('too-large');
      return undefined;
    }
    this.#needed = this.#at + length;
    return end < this.#needed ? undefined : bytes.subarray(this.#at, this.#needed);
  }

  /** Reads the next thing, if it is there as a whole; if not, either `#needed` is beyond `end` or it is rejected. */
  #next<T>(bytes: Uint8Array, end: number, read: (reader: MsgpackReader) => T): T | undefined {
    const reader = new MsgpackReader(bytes, this.#at, end);
    const value = read(reader);
    if (reader.failure === undefined) {
      this.#at = reader.position;
      return value;
    }
    if (reader.failure !== 'truncated') this.#reject(reader.failure);
    else if (reader.needed - this.#at > MAX_ENTRY_BYTES) this.#reject('too-large');
    else this.#needed = reader.needed;
    return undefined;
  }

  #reject(reason: WireRejectionReason): void {
    this.#rejection = rejected(reason);
  }
}
