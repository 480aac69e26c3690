import { sameBytes } from './same-bytes.js';

/** A power of two. */
const SLOTS = 4096;
/** Larger messages are rare, and not worth the memory. */
const MAX_BYTES = 512;

interface Slot<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

/**
 * What bytes were decoded to. Gossip brings the same few messages over and over: each is decoded once, kept in one copy
 * however many nodes or messages refer to it, and forgotten when another takes its slot. Values are shared: nobody may
 * change them. Holds at most a few megabytes, whatever peers send.
 */
export class DecodedCache<T extends object> {
  readonly #slots = Array.from<Slot<T> | undefined>({ length: SLOTS });

  /** @param decode - called when these bytes are new; `undefined` is not kept */
  get(bytes: Uint8Array, start: number, end: number, decode: () => T | undefined): T | undefined {
    if (end - start > MAX_BYTES) return decode();
    let hash = end - start;
    for (let i = start; i < end; i += 1) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
    const index = (hash ^ (hash >>> 12)) & (SLOTS - 1);
    const slot = this.#slots[index];
    if (slot !== undefined && sameBytes(slot.bytes, bytes, start, end)) return slot.value;
    // Two places for each: two messages that come by turns must not push each other out.
    const other = this.#slots[index ^ 1];
    if (other !== undefined && sameBytes(other.bytes, bytes, start, end)) return other.value;
    const value = decode();
    if (value !== undefined) {
      this.#slots[index ^ 1] = slot;
      this.#slots[index] = { bytes: bytes.slice(start, end), value };
    }
    return value;
  }
}
