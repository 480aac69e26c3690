import { sameBytes } from './same-bytes.js';

/** A power of two. */
const SLOTS = 8192;
/** Larger messages are rare, and not worth the memory. */
const MAX_BYTES = 512;

interface Slot<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
  /** Place of what came after it last time. Not the slot itself: a chain of slots would keep forgotten ones. */
  next: number;
}

/**
 * What bytes were decoded to. Gossip brings the same few messages over and over: each is decoded once, kept in one copy
 * however many nodes or messages refer to it, and forgotten when another takes its slot. Values are shared: nobody may
 * change them. Holds at most a few megabytes, whatever peers send.
 */
export class DecodedCache<T extends object> {
  readonly #slots = Array.from<Slot<T> | undefined>({ length: SLOTS });
  /** Place of what was found or kept last. */
  #last = 0;

  /** What was kept for what stands in `bytes` from `start` to before `end`. */
  get(bytes: Uint8Array, start: number, end: number): T | undefined {
    return this.#find(bytes, start, end)?.value;
  }

  /**
   * Lists come again in the same order: whether `bytes` go on from `start` with what came last time after what was found or
   * kept last. Takes neither a hash nor the end of what stands there, as encoded values are no prefixes of each other.
   * @returns its value, and its bytes
   */
  follow(bytes: Uint8Array, start: number, end: number): { readonly value: T; readonly bytes: Uint8Array } | undefined {
    const index = this.#slots[this.#last]?.next ?? 0;
    const slot = this.#slots[index];
    if (slot === undefined) return undefined;
    const { length } = slot.bytes;
    if (length > end - start || !sameBytes(slot.bytes, bytes, start, start + length)) return undefined;
    this.#last = index;
    return slot;
  }

  /** Keeps the value of bytes that {@link get} did not know. */
  set(bytes: Uint8Array, start: number, end: number, value: T): void {
    if (end - start > MAX_BYTES) return;
    const index = slotOf(bytes, start, end);
    this.#slots[index ^ 1] = this.#slots[index];
    this.#slots[index] = { bytes: bytes.slice(start, end), value, next: 0 };
    this.#moveTo(index);
  }

  /** The copy that is kept of bytes whose value is known; nobody may change it. */
  bytesOf(bytes: Uint8Array): Uint8Array | undefined {
    return this.#find(bytes, 0, bytes.length)?.bytes;
  }

  #find(bytes: Uint8Array, start: number, end: number): Slot<T> | undefined {
    if (end - start > MAX_BYTES) return undefined;
    const index = slotOf(bytes, start, end);
    const slot = this.#slots[index];
    if (slot !== undefined && sameBytes(slot.bytes, bytes, start, end)) {
      this.#moveTo(index);
      return slot;
    }
    // Two places for each: two messages that come by turns must not push each other out.
    const other = this.#slots[index ^ 1];
    if (other === undefined || !sameBytes(other.bytes, bytes, start, end)) return undefined;
    this.#moveTo(index ^ 1);
    return other;
  }

  #moveTo(index: number): void {
    const last = this.#slots[this.#last];
    if (last !== undefined) last.next = index;
    this.#last = index;
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  // Four bytes a turn, as each turn waits for the multiplication of the one before.
  for (; at + 4 <= end; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x9e3779b1);
  hash ^= hash >>> 15;
  return (hash ^ (hash >>> 7)) & (SLOTS - 1);
}
