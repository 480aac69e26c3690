import type { KeyRing } from '../keyring/key-ring.js';
import { CHECKSUM_BYTES, addChecksum, verifyChecksum, writeChecksum } from './checksum.js';
import { compoundLength, splitCompound, writeCompound } from './compound.js';
import { compressIfSmaller, decompressBody } from './compression.js';
import { ENCRYPTION_OVERHEAD_BYTES, decrypt, encrypt, randomNonce } from './encryption.js';
import type { EncryptionVersion } from './encryption.js';
import { copyTo } from './copy-bytes.js';
import { Label } from './label.js';
import { MEMBERLIST_TYPE, decodePacketMessage } from './memberlist-codec.js';
import type { PacketMessage } from './memberlist-message.js';
import { MsgpackReader } from './msgpack-reader.js';
import type { WireDeps, WireOptions } from './wire-options.js';
import { rejected } from './wire-rejection.js';
import type { WireRejection, WireRejectionReason } from './wire-rejection.js';

/** Compressions and compounds within one another. Real agents know no limit; honest ones nest two. */
const MAX_DEPTH = 4;
/** Messages in one datagram, over all its compounds. */
const MAX_PARTS_IN = 255;
/** What all compressed parts of one datagram expand to. */
const MAX_INFLATED_BYTES = 4 * 65_536;

/** Where messages are put together. */
let assembled = new Uint8Array(4096);

export interface DecodedPacket {
  /** In the order in which they stand. */
  readonly messages: readonly PacketMessage[];
  /** What was lost, each once; without effect on `messages`. */
  readonly rejected: readonly WireRejection[];
}

/**
 * Wraps messages into datagrams and takes datagrams apart. Outermost first: label, encryption, checksum, compression,
 * compound, message. One datagram costs bounded work, whatever it holds.
 */
export class PacketCodec {
  readonly #label: Label;
  readonly #keyring: KeyRing | undefined;
  readonly #compression: boolean;
  readonly #verifyIncoming: boolean;
  readonly #verifyOutgoing: boolean;
  readonly #encryptionVersion: EncryptionVersion;
  readonly #nonce: () => Uint8Array;
  /**
   * What label and encryption add to a packet at most. Who fills one counts this, for two messages and more the compound
   * (`COMPOUND_OVERHEAD_BYTES`, and `PART_OVERHEAD_BYTES` for each), and, as real agents do, not the checksum.
   */
  readonly overheadBytes: number;

  /** @throws RangeError for a label beyond 255 bytes */
  constructor(options: WireOptions, { nonce = randomNonce }: WireDeps = {}) {
    this.#label = new Label(options.label ?? '');
    this.#keyring = options.keyring;
    this.#compression = options.compression;
    this.#verifyIncoming = options.verifyIncoming;
    this.#verifyOutgoing = options.verifyOutgoing;
    this.#encryptionVersion = options.encryptionVersion ?? 1;
    this.#nonce = nonce;
    const encryptionBytes =
      options.keyring !== undefined && options.verifyOutgoing ? ENCRYPTION_OVERHEAD_BYTES[this.#encryptionVersion] : 0;
    this.overheadBytes = this.#label.header.length + encryptionBytes;
  }

  /**
   * One datagram with all `parts`, each a message with its type byte. Size is the caller's matter: see {@link overheadBytes}.
   * @param options.checksum - only for a peer that understands protocol 5
   * @param options.userFrom - parts from this index on are payloads of user messages. Default: none are
   * @throws RangeError for no or more than 127 parts, or one beyond 65,535 bytes
   */
  encode(
    parts: readonly Uint8Array[],
    { checksum, userFrom = parts.length }: { readonly checksum: boolean; readonly userFrom?: number },
  ): Uint8Array {
    let bytes = parts.length === 1 && userFrom > 0 ? (parts[0] as Uint8Array) : assemble(parts, userFrom);
    if (this.#compression) bytes = compressIfSmaller(bytes);
    if (this.#keyring === undefined || !this.#verifyOutgoing) {
      const { header } = this.#label;
      const start = header.length + (checksum ? CHECKSUM_BYTES : 0);
      const datagram = new Uint8Array(start + bytes.length);
      datagram.set(bytes, start);
      if (checksum) writeChecksum(datagram, header.length, datagram.length);
      datagram.set(header);
      return datagram;
    }
    const block = encrypt(checksum ? addChecksum(bytes) : bytes, {
      key: this.#keyring.primary,
      aad: this.#label.bytes,
      version: this.#encryptionVersion,
      nonce: this.#nonce(),
    });
    return this.#label.add(block);
  }

  /** Takes a datagram apart. Never throws. */
  decode(datagram: Uint8Array): DecodedPacket {
    if (datagram.length === 0) return lost('empty');
    if (this.#label.matches(datagram) !== true) return lost('label');
    let bytes = datagram;
    let start = this.#label.header.length;
    if (this.#keyring !== undefined) {
      const plain = decrypt(bytes.subarray(start), this.#keyring.keys, this.#label.bytes);
      if (plain !== undefined) {
        bytes = plain;
        start = 0;
      } else if (this.#verifyIncoming) return lost('encryption');
    }
    // Looked for here only: deeper inside it is no message anybody knows.
    if (bytes[start] === MEMBERLIST_TYPE.checksum) {
      if (!verifyChecksum(bytes, start, bytes.length)) return lost('checksum');
      start += CHECKSUM_BYTES;
    }
    const unpacking = new Unpacking();
    unpacking.open(bytes, start, bytes.length, 0);
    return unpacking;
  }
}

/** One user message, or a compound. Valid until the next call. */
function assemble(parts: readonly Uint8Array[], userFrom: number): Uint8Array {
  const length = compoundLength(parts, userFrom);
  if (length > assembled.length) assembled = new Uint8Array(length);
  if (parts.length > 1) {
    writeCompound(parts, userFrom, assembled);
    return assembled.subarray(0, length);
  }
  assembled[0] = MEMBERLIST_TYPE.user;
  return assembled.subarray(0, copyTo(assembled, 1, parts[0] as Uint8Array));
}

function lost(reason: WireRejectionReason): DecodedPacket {
  return { messages: [], rejected: [rejected(reason)] };
}

/** One datagram being taken apart, with the work it may still cost. */
class Unpacking implements DecodedPacket {
  readonly messages: PacketMessage[] = [];
  readonly rejected: WireRejection[] = [];
  #partsLeft = MAX_PARTS_IN;
  #inflatableBytes = MAX_INFLATED_BYTES;
  #inflating = false;

  open(bytes: Uint8Array, start: number, end: number, depth: number): void {
    const type = start < end ? bytes[start] : undefined;
    const isWrapper = type === MEMBERLIST_TYPE.compound || type === MEMBERLIST_TYPE.compress;
    if (isWrapper && depth === MAX_DEPTH) this.#reject('too-deep');
    else if (type === MEMBERLIST_TYPE.compound) this.#split(bytes, start, end, depth);
    else if (type === MEMBERLIST_TYPE.compress) this.#inflate(bytes, start, end, depth);
    else {
      const message = decodePacketMessage(bytes, start, end);
      if (message.type === 'rejected') this.rejected.push(message);
      else this.messages.push(message);
    }
  }

  #split(bytes: Uint8Array, start: number, end: number, depth: number): void {
    const parts = splitCompound(bytes, start, end);
    if (parts === undefined) {
      this.#reject('truncated');
      return;
    }
    const { bounds, missing } = parts;
    if (bounds.length === 0 && missing === 0) this.#reject('empty');
    for (let i = 0; i < bounds.length; i += 2) {
      if (this.#partsLeft === 0) {
        this.#reject('too-many-parts');
        return;
      }
      this.#partsLeft -= 1;
      this.open(bytes, bounds[i] as number, bounds[i + 1] as number, depth + 1);
    }
    if (missing > 0) this.#reject('truncated');
  }

  #inflate(bytes: Uint8Array, start: number, end: number, depth: number): void {
    // Compressed within compressed: the outer one is not to be overwritten, for more of it may be to come.
    const reuse = !this.#inflating;
    const output = decompressBody(new MsgpackReader(bytes, start + 1, end), this.#inflatableBytes, reuse);
    if ('reason' in output) {
      // What was produced before the refusal was work as well, up to all that was left.
      if (output.reason === 'too-large' || output.reason === 'compression') this.#inflatableBytes = 0;
      this.rejected.push(output);
      return;
    }
    this.#inflatableBytes -= output.length;
    this.#inflating = true;
    this.open(output, 0, output.length, depth + 1);
    if (reuse) this.#inflating = false;
  }

  #reject(reason: WireRejectionReason): void {
    this.rejected.push(rejected(reason));
  }
}
