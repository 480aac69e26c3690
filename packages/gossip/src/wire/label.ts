import { MEMBERLIST_TYPE } from './memberlist-codec.js';
import { encodeText } from './text.js';

const MAX_LABEL_BYTES = 255;

/** The name of a pool, in front of all that is sent to it. Without one, nothing is in front. */
export class Label {
  /** What the sender puts in front; empty without a label. */
  readonly header: Uint8Array;
  /** The label alone, which encryption authenticates. */
  readonly bytes: Uint8Array;

  /** @throws RangeError beyond 255 bytes */
  constructor(label: string) {
    this.bytes = encodeText(label);
    if (this.bytes.length > MAX_LABEL_BYTES) throw new RangeError('a label has at most 255 bytes');
    this.header =
      this.bytes.length === 0 ? this.bytes : Uint8Array.of(MEMBERLIST_TYPE.label, this.bytes.length, ...this.bytes);
  }

  /** `bytes` behind the label. */
  add(bytes: Uint8Array): Uint8Array {
    if (this.header.length === 0) return bytes;
    const wrapped = new Uint8Array(this.header.length + bytes.length);
    wrapped.set(this.header);
    wrapped.set(bytes, this.header.length);
    return wrapped;
  }

  /** Whether `bytes` begin with exactly this label; `'incomplete'` when they may once there are more of them. */
  matches(bytes: Uint8Array, end = bytes.length): boolean | 'incomplete' {
    const { header } = this;
    if (header.length === 0) return end === 0 ? 'incomplete' : bytes[0] !== MEMBERLIST_TYPE.label;
    const length = Math.min(header.length, end);
    for (let i = 0; i < length; i += 1) if (bytes[i] !== header[i]) return false;
    return length === header.length ? true : 'incomplete';
  }
}
