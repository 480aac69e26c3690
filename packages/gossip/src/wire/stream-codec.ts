import type { KeyRing } from '../keyring/key-ring.js';
import { ByteAccumulator } from './byte-accumulator.js';
import { compressIfSmaller, decompressBody } from './compression.js';
import { decrypt, encrypt, encryptedLength, randomNonce } from './encryption.js';
import type { EncryptionVersion } from './encryption.js';
import { Label } from './label.js';
import { MEMBERLIST_TYPE, encodeStreamMessage } from './memberlist-codec.js';
import type { StreamMessage } from './memberlist-message.js';
import { MsgpackReader } from './msgpack-reader.js';
import { MAX_ENTRY_BYTES, StreamBody } from './stream-body.js';
import type { StreamBodyLimits } from './stream-body.js';
import type { WireDeps, WireOptions } from './wire-options.js';
import { rejected } from './wire-rejection.js';
import type { WireRejection, WireRejectionReason } from './wire-rejection.js';

/** From the dialler to the listener, or back. Only a request carries the label. */
export type StreamDirection = 'request' | 'reply';

/** Most bytes of an encrypted frame, of user state and of a user message that real agents take. */
export const MAX_STREAM_BYTES = 20 * 1024 * 1024;
/** Most that a compressed message may expand to, and most bytes of a plain one. */
const MAX_MESSAGE_BYTES = 2 * MAX_STREAM_BYTES;
/** Differs from memberlist: 1,048,576 there. A list of so many minimal entries would take hundreds of megabytes here. */
const MAX_NODES = 131_072;
/** Type byte and length of an encrypted frame. */
const FRAME_HEADER_BYTES = 5;

export interface StreamCodecOptions extends WireOptions {
  /** Most bytes that a message may have, expanded. Default, and at most, 40 MiB. */
  readonly maxMessageBytes?: number;
  /** Most node entries of a push/pull. Default 131,072. */
  readonly maxNodes?: number;
}

/**
 * Wraps messages for streams and reads them from streams. Outermost first: label (requests only), encrypted frame,
 * compression, message.
 */
export class StreamCodec {
  readonly #settings: StreamSettings;
  readonly #compression: boolean;
  readonly #verifyOutgoing: boolean;
  readonly #encryptionVersion: EncryptionVersion;
  readonly #nonce: () => Uint8Array;

  /** @throws RangeError for a label beyond 255 bytes */
  constructor(options: StreamCodecOptions, { nonce = randomNonce }: WireDeps = {}) {
    this.#settings = {
      label: new Label(options.label ?? ''),
      keyring: options.keyring,
      verifyIncoming: options.verifyIncoming,
      maxMessageBytes: Math.min(MAX_MESSAGE_BYTES, options.maxMessageBytes ?? MAX_MESSAGE_BYTES),
      limits: { maxNodes: options.maxNodes ?? MAX_NODES, maxUserBytes: MAX_STREAM_BYTES },
    };
    this.#compression = options.compression;
    this.#verifyOutgoing = options.verifyOutgoing;
    this.#encryptionVersion = options.encryptionVersion ?? 1;
    this.#nonce = nonce;
  }

  /**
   * All bytes of one direction of a stream. Peers refuse more than {@link MAX_STREAM_BYTES}; that is for the caller to
   * watch.
   * @throws RangeError for a number that cannot be written, or a node without versions
   */
  encode(message: StreamMessage, direction: StreamDirection): Uint8Array {
    const { label, keyring } = this.#settings;
    let bytes = encodeStreamMessage(message);
    if (this.#compression) {
      const smaller = compressIfSmaller(bytes);
      if (smaller !== bytes) bytes = smaller.slice();
    }
    if (keyring !== undefined && this.#verifyOutgoing) bytes = this.#frame(bytes, keyring);
    return direction === 'request' ? label.add(bytes) : bytes;
  }

  #frame(bytes: Uint8Array, keyring: KeyRing): Uint8Array {
    const version = this.#encryptionVersion;
    const length = encryptedLength(bytes.length, version);
    const frame = new Uint8Array(FRAME_HEADER_BYTES + length);
    frame[0] = MEMBERLIST_TYPE.encrypt;
    new DataView(frame.buffer).setUint32(1, length);
    const aad = frameAad(frame, 0, this.#settings.label);
    frame.set(encrypt(bytes, { key: keyring.primary, aad, version, nonce: this.#nonce() }), FRAME_HEADER_BYTES);
    return frame;
  }

  /**
   * Reads one message from a stream.
   * @param onResult - called once at most, from within {@link StreamReader.push}. The message may share memory with the
   * stream's buffer, which nobody else uses any more
   */
  reader(direction: StreamDirection, onResult: (result: StreamMessage | WireRejection) => void): StreamReader {
    return new StreamReader(this.#settings, direction, onResult);
  }
}

interface StreamSettings {
  readonly label: Label;
  readonly keyring: KeyRing | undefined;
  readonly verifyIncoming: boolean;
  readonly maxMessageBytes: number;
  readonly limits: StreamBodyLimits;
}

/** The header of the frame and the label, whose header only one direction carries. */
function frameAad(bytes: Uint8Array, start: number, label: Label): Uint8Array {
  const aad = new Uint8Array(FRAME_HEADER_BYTES + label.bytes.length);
  aad.set(bytes.subarray(start, start + FRAME_HEADER_BYTES));
  aad.set(label.bytes, FRAME_HEADER_BYTES);
  return aad;
}

/** A rejection that the listener explains to the dialler. */
function explained(reason: WireRejectionReason, errorReply: string): WireRejection {
  return { type: 'rejected', reason, errorReply };
}

/**
 * Takes the chunks of one stream until they hold one message. Does not wait for the end of the stream, which the peer
 * keeps open for the reply; what follows the message is ignored.
 */
export class StreamReader {
  readonly #settings: StreamSettings;
  readonly #direction: StreamDirection;
  readonly #onResult: (result: StreamMessage | WireRejection) => void;
  readonly #received = new ByteAccumulator();
  /** Of what comes after the label; `undefined` until that has been seen. */
  #start: number | undefined;
  #body: StreamBody | undefined;
  /** No sense in looking before there are so many bytes. */
  #needed = 0;
  #done = false;

  constructor(
    settings: StreamSettings,
    direction: StreamDirection,
    onResult: (result: StreamMessage | WireRejection) => void,
  ) {
    this.#settings = settings;
    this.#direction = direction;
    this.#onResult = onResult;
  }

  /** Takes a copy of `chunk`. */
  push(chunk: Uint8Array): void {
    if (this.#done || chunk.length === 0) return;
    this.#received.push(chunk);
    if (this.#received.length < this.#needed) return;
    const result = this.#read(this.#received.bytes, this.#received.length);
    if (result === undefined) return;
    this.#done = true;
    this.#received.release();
    this.#onResult(result);
  }

  #read(bytes: Uint8Array, end: number): StreamMessage | WireRejection | undefined {
    this.#start ??= this.#direction === 'reply' ? 0 : this.#afterLabel(bytes, end);
    if (this.#start === undefined) return undefined;
    if (this.#start === -1) return rejected('label');
    if (end === this.#start) return undefined;
    if (this.#body !== undefined) return this.#readPlain(bytes, end);

    const { keyring, verifyIncoming } = this.#settings;
    if (bytes[this.#start] === MEMBERLIST_TYPE.encrypt) {
      if (keyring !== undefined) return this.#readFrame(bytes, this.#start, end, keyring);
      return explained('encryption-not-configured', 'the message is encrypted, and encryption is not configured here');
    }
    if (keyring !== undefined && verifyIncoming) {
      return explained('encryption', 'the message is not encrypted, and encryption is required here');
    }
    if (bytes[this.#start] === MEMBERLIST_TYPE.compress) return this.#readCompressed(bytes, this.#start, end, false);
    this.#body = new StreamBody(this.#start, this.#settings.limits);
    return this.#readPlain(bytes, end);
  }

  /** @returns -1 for another label, `undefined` when that is still open */
  #afterLabel(bytes: Uint8Array, end: number): number | undefined {
    const { label } = this.#settings;
    const matches = label.matches(bytes, end);
    if (matches === 'incomplete') return undefined;
    return matches ? label.header.length : -1;
  }

  #readPlain(bytes: Uint8Array, end: number): StreamMessage | WireRejection | undefined {
    const result = this.#body?.read(bytes, end);
    if (result === undefined && end > this.#settings.maxMessageBytes) return rejected('too-large');
    return result;
  }

  #readFrame(
    bytes: Uint8Array,
    start: number,
    end: number,
    keyring: KeyRing,
  ): StreamMessage | WireRejection | undefined {
    const blockStart = start + FRAME_HEADER_BYTES;
    this.#needed = blockStart;
    if (end < blockStart) return undefined;
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(start + 1);
    if (length > MAX_STREAM_BYTES) return explained('too-large', 'the encrypted message is larger than the limit');
    this.#needed = blockStart + length;
    if (end < this.#needed) return undefined;
    const block = bytes.subarray(blockStart, this.#needed);
    const plain = decrypt(block, keyring.keys, frameAad(bytes, start, this.#settings.label));
    if (plain === undefined) return explained('encryption', 'no key installed here decrypts the message');
    if (plain[0] === MEMBERLIST_TYPE.compress) return this.#readCompressed(plain, 0, plain.length, true);
    return this.#readWhole(plain);
  }

  /** @param complete - whether nothing more can come */
  #readCompressed(
    bytes: Uint8Array,
    start: number,
    end: number,
    complete: boolean,
  ): StreamMessage | WireRejection | undefined {
    const reader = new MsgpackReader(bytes, start + 1, end);
    const output = decompressBody(reader, this.#settings.maxMessageBytes);
    if (!('reason' in output)) return this.#readWhole(output);
    if (reader.failure === undefined) return explained(output.reason, 'the compressed message cannot be expanded');
    if (reader.failure !== 'truncated' || complete) return output;
    // What stands before the compressed bytes is read again with every chunk, so it must be little.
    const isTooLarge = reader.position - start > MAX_ENTRY_BYTES || reader.needed > this.#settings.maxMessageBytes;
    this.#needed = reader.needed;
    return isTooLarge ? rejected('too-large') : undefined;
  }

  #readWhole(bytes: Uint8Array): StreamMessage | WireRejection {
    if (bytes.length === 0) return rejected('empty');
    return new StreamBody(0, this.#settings.limits).read(bytes, bytes.length) ?? rejected('truncated');
  }
}
