import { copyTo } from './copy-bytes.js';
import { MEMBERLIST_TYPE } from './memberlist-codec.js';

/**
 * Most messages in one packet of ours. The format has room for 255, but older agents compute the size of the length table
 * in 8 bits.
 */
export const MAX_PARTS = 127;
/** Length of a part in the table. */
export const PART_OVERHEAD_BYTES = 2;
/** Type byte and count. */
export const COMPOUND_OVERHEAD_BYTES = 2;
const MAX_PART_BYTES = 0xffff;

/**
 * Several messages as one.
 * @throws RangeError for no or more than 127 parts, or one of more than 65,535 bytes
 */
export function encodeCompound(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(compoundLength(parts, parts.length));
  writeCompound(parts, parts.length, bytes);
  return bytes;
}

/**
 * Bytes of several messages as one. Those from index `userFrom` on are payloads of user messages, whose type byte is added.
 * @throws RangeError as {@link encodeCompound}
 */
export function compoundLength(parts: readonly Uint8Array[], userFrom: number): number {
  if (parts.length === 0 || parts.length > MAX_PARTS) throw new RangeError(`${parts.length} parts in one packet`);
  let size = COMPOUND_OVERHEAD_BYTES + PART_OVERHEAD_BYTES * parts.length;
  for (let i = 0; i < parts.length; i += 1) {
    const length = (parts[i] as Uint8Array).length + (i < userFrom ? 0 : 1);
    if (length > MAX_PART_BYTES) throw new RangeError(`a part of ${length} bytes`);
    size += length;
  }
  return size;
}

/** Writes them to the start of `target`, which has room for the {@link compoundLength} of them. */
export function writeCompound(parts: readonly Uint8Array[], userFrom: number, target: Uint8Array): void {
  target[0] = MEMBERLIST_TYPE.compound;
  target[1] = parts.length;
  let entry = COMPOUND_OVERHEAD_BYTES;
  let at = entry + PART_OVERHEAD_BYTES * parts.length;
  for (let i = 0; i < parts.length; i += 1) {
    const part = parts[i] as Uint8Array;
    const start = at;
    if (i >= userFrom) target[at++] = MEMBERLIST_TYPE.user;
    at = copyTo(target, at, part);
    target[entry++] = (at - start) >> 8;
    target[entry++] = (at - start) & 0xff;
  }
}

/** The parts that are really there, as offsets. */
export interface CompoundParts {
  /** Start and end of each part, flat. */
  readonly bounds: readonly number[];
  /** Parts of which the end is missing, and all behind them. */
  readonly missing: number;
}

/** Takes a compound message apart, from its type byte at `start`. @returns `undefined` when its table is cut short */
export function splitCompound(bytes: Uint8Array, start: number, end: number): CompoundParts | undefined {
  if (end - start < COMPOUND_OVERHEAD_BYTES) return undefined;
  const count = bytes[start + 1] as number;
  let entry = start + COMPOUND_OVERHEAD_BYTES;
  let at = entry + PART_OVERHEAD_BYTES * count;
  if (at > end) return undefined;
  const bounds: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const length = ((bytes[entry] as number) << 8) | (bytes[entry + 1] as number);
    entry += PART_OVERHEAD_BYTES;
    if (at + length > end) return { bounds, missing: count - i };
    bounds.push(at, at + length);
    at += length;
  }
  return { bounds, missing: 0 };
}
