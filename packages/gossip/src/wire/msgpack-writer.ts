import { copyTo } from './copy-bytes.js';
import { textByteLength, writeText } from './text.js';

const INITIAL_BYTES = 2048;
/** A buffer grown for one large message is given back afterwards. */
const KEPT_BYTES = 65_536;

/**
 * Writes the old msgpack dialect of memberlist and serf: text and bytes alike as raw, integers unsigned in their shortest
 * form, never str8, bin or ext. Reusable; writing is synchronous and must not be interleaved.
 */
export class MsgpackWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A copy of what was written; the writer is empty again. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#length);
    this.clear();
    return bytes;
  }

  /** What was written, not copied: valid until the writer is used again. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#allocate(INITIAL_BYTES);
  }

  /** One byte as it is. */
  byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#length = copyTo(this.#bytes, this.#length, bytes);
    return this;
  }

  nil(): this {
    return this.byte(0xc0);
  }

  bool(value: boolean): this {
    return this.byte(value ? 0xc3 : 0xc2);
  }

  /**
   * @param value - integer, 0 to 2^53 - 1
   * @throws RangeError on anything else: as a float it would be refused by every peer
   */
  uint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned integer: ${value}`);
    this.#reserve(9);
    if (value < 0x80) {
      this.#bytes[this.#length++] = value;
    } else if (value < 0x100) {
      this.#bytes[this.#length++] = 0xcc;
      this.#bytes[this.#length++] = value;
    } else if (value < 0x1_0000) {
      this.#bytes[this.#length] = 0xcd;
      this.#view.setUint16(this.#length + 1, value);
      this.#length += 3;
    } else if (value < 0x1_0000_0000) {
      this.#bytes[this.#length] = 0xce;
      this.#view.setUint32(this.#length + 1, value);
      this.#length += 5;
    } else {
      this.#bytes[this.#length] = 0xcf;
      this.#view.setUint32(this.#length + 1, Math.floor(value / 0x1_0000_0000));
      this.#view.setUint32(this.#length + 5, value % 0x1_0000_0000);
      this.#length += 9;
    }
    return this;
  }

  float(value: number): this {
    this.#reserve(9);
    this.#bytes[this.#length] = 0xcb;
    this.#view.setFloat64(this.#length + 1, value);
    this.#length += 9;
    return this;
  }

  text(text: string): this {
    const length = textByteLength(text);
    this.#rawHeader(length);
    this.#reserve(length);
    this.#length = writeText(text, this.#bytes, this.#length);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.#rawHeader(bytes.length);
    return this.raw(bytes);
  }

  /** Nil for none, as Go writes a slice that was never set. */
  bytesOrNil(bytes: Uint8Array): this {
    return bytes.length === 0 ? this.nil() : this.bytes(bytes);
  }

  map(entries: number): this {
    return this.#count(entries, 0x80, 0xde);
  }

  array(items: number): this {
    return this.#count(items, 0x90, 0xdc);
  }

  #count(count: number, fix: number, wide: number): this {
    this.#reserve(5);
    if (count < 16) {
      this.#bytes[this.#length++] = fix | count;
    } else if (count < 0x1_0000) {
      this.#bytes[this.#length] = wide;
      this.#view.setUint16(this.#length + 1, count);
      this.#length += 3;
    } else {
      this.#bytes[this.#length] = wide + 1;
      this.#view.setUint32(this.#length + 1, count);
      this.#length += 5;
    }
    return this;
  }

  #rawHeader(length: number): void {
    this.#reserve(5);
    if (length < 32) {
      this.#bytes[this.#length++] = 0xa0 | length;
    } else if (length < 0x1_0000) {
      this.#bytes[this.#length] = 0xda;
      this.#view.setUint16(this.#length + 1, length);
      this.#length += 3;
    } else {
      this.#bytes[this.#length] = 0xdb;
      this.#view.setUint32(this.#length + 1, length);
      this.#length += 5;
    }
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const full = this.#bytes;
    this.#allocate(Math.max(needed, full.length * 2));
    this.#bytes.set(full.subarray(0, this.#length));
  }

  #allocate(size: number): void {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }
}
