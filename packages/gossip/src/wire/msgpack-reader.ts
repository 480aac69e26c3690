import { decodeText } from './text.js';
import type { WireRejectionReason } from './wire-rejection.js';

const MAX_DEPTH = 16;
/** Of one map or list. */
const MAX_ITEMS = 1_048_576;
/** Up to here typed arrays live in the heap, and a copying loop is faster than native code. */
const SHORT_BYTES = 64;
/** Copies of medium size share a slab, as an allocation of its own costs several times the copy. */
const MEDIUM_BYTES = 512;
const SLAB_BYTES = 4096;
let slab = new Uint8Array(SLAB_BYTES);
let slabUsed = 0;
const NO_BYTES = new Uint8Array(0);

const UINT32_MAX = 0xffff_ffff;

/**
 * Reads the old msgpack dialect of memberlist and serf, told by the caller what comes next. It takes everything the real
 * agents take: nil as the zero of any type, signed forms of numbers that are not negative, str8 and bin, integers for
 * floats and for booleans.
 *
 * A failure sticks: from then on every read gives a zero at once, so callers look at {@link failure} once, at the end.
 * No declared length or count reserves memory beyond the bytes that are really there.
 */
export class MsgpackReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #view: DataView | undefined;
  #at: number;
  #needed = 0;
  #failure: WireRejectionReason | undefined;

  /** Reads `bytes` from `start` to before `end`. Nothing handed out shares memory with `bytes`, unless said. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** What is read from, all of it. */
  get source(): Uint8Array {
    return this.#bytes;
  }

  /** Why reading ended early; `undefined` as long as all was well. */
  get failure(): WireRejectionReason | undefined {
    return this.#failure;
  }

  /** Where the next read starts; after a failure, where it happened. */
  get position(): number {
    return this.#at;
  }

  /** Where reading must end. */
  get end(): number {
    return this.#end;
  }

  /** Steps over bytes whose meaning is known. They must be there. */
  advance(bytes: number): void {
    this.#take(bytes);
  }

  /** After `truncated`: no reading succeeds before `bytes` reaches to this offset. */
  get needed(): number {
    return this.#needed;
  }

  fail(reason: WireRejectionReason): void {
    this.#failure ??= reason;
  }

  bool(): boolean {
    const form = this.#byte();
    if (form === 0xc3 || form === 0x01) return true;
    if (form !== 0xc2 && form !== 0x00 && form !== 0xc0) this.fail('malformed');
    return false;
  }

  uint8(): number {
    return this.#unsigned(0xff);
  }

  uint16(): number {
    return this.#unsigned(0xffff);
  }

  uint32(): number {
    return this.#unsigned(UINT32_MAX);
  }

  /** A Lamport time, or a count: 0 to 2^53 - 1. */
  uint53(): number {
    return this.#unsigned(Number.MAX_SAFE_INTEGER);
  }

  /** A Go int64 of which only the size matters: beyond 2^53 to the nearest double. */
  int64(): number {
    return this.#integer(this.#byte());
  }

  float(): number {
    const form = this.#byte();
    if (form === 0xcb) return this.#take(8) ? this.#data().getFloat64(this.#at - 8) : 0;
    if (form === 0xca) return this.#take(4) ? this.#data().getFloat32(this.#at - 4) : 0;
    return this.#integer(form);
  }

  text(): string {
    const length = this.#rawLength(this.#byte());
    if (!this.#take(length)) return '';
    return decodeText(this.#bytes, this.#at - length, this.#at);
  }

  /** A copy. Lists of small integers count as bytes, too. */
  bytes(): Uint8Array {
    const form = this.#byte();
    if (isArray(form)) return this.#listedBytes(this.#count(form, 0x90, 0xdc));
    const length = this.#rawLength(form);
    if (length === 0 || !this.#take(length)) return NO_BYTES;
    return copyOf(this.#bytes, this.#at - length, length);
  }

  /** As {@link bytes}, but raw ones share memory with what is read. */
  bytesView(): Uint8Array {
    if (this.isArray()) return this.bytes();
    const length = this.#rawLength(this.#byte());
    return this.#take(length) ? this.#bytes.subarray(this.#at - length, this.#at) : NO_BYTES;
  }

  /** Takes a nil, if one comes next. */
  nil(): boolean {
    if (this.#failure !== undefined || this.#bytes[this.#at] !== 0xc0 || this.#at >= this.#end) return false;
    this.#at += 1;
    return true;
  }

  /** Items of the list that starts here; nil has none. */
  array(): number {
    const form = this.#byte();
    return form === 0xc0 ? 0 : this.#count(form, 0x90, 0xdc);
  }

  /** Entries of the map that starts here; nil has none. */
  map(): number {
    const form = this.#byte();
    return form === 0xc0 ? 0 : this.#count(form, 0x80, 0xde);
  }

  /** Whether a list comes next. */
  isArray(): boolean {
    return this.#at < this.#end && isArray(this.#bytes[this.#at] as number);
  }

  /** Steps into the key of a map entry. @returns its length; it ends at {@link position} */
  key(): number {
    const length = this.#rawLength(this.#byte());
    return this.#take(length) ? length : 0;
  }

  /** Whether the `key.length` bytes before {@link position} are those of `key`. */
  keyIs(key: Uint8Array): boolean {
    const start = this.#at - key.length;
    for (let i = 0; i < key.length; i += 1) if (this.#bytes[start + i] !== key[i]) return false;
    return true;
  }

  /** Steps over one value of any type. */
  skip(depth = 1): void {
    if (depth > MAX_DEPTH) {
      this.fail('too-deep');
      return;
    }
    const form = this.#byte();
    if (form < 0x80 || form >= 0xe0 || (form >= 0xc0 && form <= 0xc3 && form !== 0xc1)) return;
    if (form < 0x90 || form === 0xde || form === 0xdf) this.#skipItems(2 * this.#count(form, 0x80, 0xde), depth);
    else if (isArray(form)) this.#skipItems(this.#count(form, 0x90, 0xdc), depth);
    else if (isRaw(form)) this.#take(this.#rawLength(form));
    else if (form === 0xca) this.#take(4);
    else if (form === 0xcb) this.#take(8);
    else if (form >= 0xcc && form <= 0xd3) this.#take(1 << (form & 3));
    else if (form >= 0xd4 && form <= 0xd8) this.#take(1 + (1 << (form - 0xd4)));
    else if (form >= 0xc7 && form <= 0xc9) this.#take(1 + this.#lengthOf(1 << (form - 0xc7)));
    else this.fail('malformed');
  }

  #skipItems(items: number, depth: number): void {
    for (let i = 0; i < items && this.#failure === undefined; i += 1) this.skip(depth + 1);
  }

  #unsigned(max: number): number {
    const value = this.#integer(this.#byte());
    if (value >= 0 && value <= max) return value;
    this.fail('out-of-range');
    return 0;
  }

  #integer(form: number): number {
    if (form < 0x80) return form;
    if (form >= 0xe0) return form - 0x100;
    switch (form) {
      case 0xc0:
        return 0;
      case 0xcc:
        return this.#take(1) ? this.#data().getUint8(this.#at - 1) : 0;
      case 0xcd:
        return this.#take(2) ? this.#data().getUint16(this.#at - 2) : 0;
      case 0xce:
        return this.#take(4) ? this.#data().getUint32(this.#at - 4) : 0;
      case 0xcf:
        return this.#take(8)
          ? this.#data().getUint32(this.#at - 8) * 0x1_0000_0000 + this.#data().getUint32(this.#at - 4)
          : 0;
      case 0xd0:
        return this.#take(1) ? this.#data().getInt8(this.#at - 1) : 0;
      case 0xd1:
        return this.#take(2) ? this.#data().getInt16(this.#at - 2) : 0;
      case 0xd2:
        return this.#take(4) ? this.#data().getInt32(this.#at - 4) : 0;
      case 0xd3:
        return this.#take(8)
          ? this.#data().getInt32(this.#at - 8) * 0x1_0000_0000 + this.#data().getUint32(this.#at - 4)
          : 0;
      default:
        // Floats among them: real agents refuse 1.0 where an integer belongs.
        this.fail('malformed');
        return 0;
    }
  }

  #listedBytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length && this.#failure === undefined; i += 1) bytes[i] = this.uint8();
    return bytes;
  }

  #rawLength(form: number): number {
    if (form >= 0xa0 && form <= 0xbf) return form & 0x1f;
    switch (form) {
      case 0xc0:
        return 0;
      case 0xd9:
      case 0xc4:
        return this.#lengthOf(1);
      case 0xda:
      case 0xc5:
        return this.#lengthOf(2);
      case 0xdb:
      case 0xc6:
        return this.#lengthOf(4);
      default:
        this.fail('malformed');
        return 0;
    }
  }

  #count(form: number, fix: number, wide: number): number {
    let count = 0;
    if (form >= fix && form < fix + 16) count = form - fix;
    else if (form === wide) count = this.#lengthOf(2);
    else if (form === wide + 1) count = this.#lengthOf(4);
    else this.fail('malformed');
    if (this.#failure !== undefined) return 0;
    if (count > MAX_ITEMS) {
      this.fail('too-large');
      return 0;
    }
    // Every item takes a byte at least, every entry two.
    const bytes = fix === 0x80 ? 2 * count : count;
    return this.#has(bytes) ? count : 0;
  }

  #lengthOf(width: number): number {
    if (!this.#take(width)) return 0;
    if (width === 1) return this.#bytes[this.#at - 1] as number;
    return width === 2 ? this.#data().getUint16(this.#at - 2) : this.#data().getUint32(this.#at - 4);
  }

  #byte(): number {
    return this.#take(1) ? (this.#bytes[this.#at - 1] as number) : 0xc0;
  }

  /** Steps over `length` bytes, if they are there. */
  #take(length: number): boolean {
    if (!this.#has(length)) return false;
    this.#at += length;
    return true;
  }

  #has(length: number): boolean {
    if (this.#failure !== undefined) return false;
    if (length <= this.#end - this.#at) return true;
    this.#failure = 'truncated';
    this.#needed = this.#at + length;
    return false;
  }

  #data(): DataView {
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    return this.#view;
  }
}

function copyOf(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (length > MEDIUM_BYTES) return bytes.slice(start, start + length);
  if (length > SHORT_BYTES) {
    if (slabUsed + length > SLAB_BYTES) {
      slab = new Uint8Array(SLAB_BYTES);
      slabUsed = 0;
    }
    const copy = slab.subarray(slabUsed, slabUsed + length);
    copy.set(bytes.subarray(start, start + length));
    slabUsed += length;
    return copy;
  }
  const copy = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) copy[i] = bytes[start + i] as number;
  return copy;
}

function isArray(form: number): boolean {
  return (form >= 0x90 && form <= 0x9f) || form === 0xdc || form === 0xdd;
}

function isRaw(form: number): boolean {
  return (form >= 0xa0 && form <= 0xbf) || (form >= 0xd9 && form <= 0xdb) || (form >= 0xc4 && form <= 0xc6);
}
