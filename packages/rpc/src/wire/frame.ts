import type { Writable } from 'node:stream';

/**
 * Kinds of frame. A request is one message; a reply is one message or a failure; a stream is any number of messages or
 * bytes, closed by an end or a failure, without which it was cut off.
 */
export const FrameKind = { message: 0, bytes: 1, failure: 2, end: 3 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** Kind (1 byte), length of the payload (4 bytes, big-endian), payload. */
const FRAME_HEADER_BYTES = 5;

/** Largest request, reply or item, bytes; checked from the header, before anything of it is kept. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** A failure is a code and a sentence. */
const MAX_FAILURE_BYTES = 64 * 1024;

/** Largest payload of each kind, by kind. */
const LIMITS = [MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES, MAX_FAILURE_BYTES, 0] as const;

const EMPTY = Buffer.alloc(0);

export type FrameProblem = 'too-large' | 'malformed';

/** @returns the frame, or `undefined` when the text is too large for one */
export function encodeTextFrame(kind: FrameKind, text: string): Buffer | undefined {
  const length = Buffer.byteLength(text);
  if (length > LIMITS[kind]) return undefined;
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
  writeHeader(frame, kind, length);
  frame.write(text, FRAME_HEADER_BYTES);
  return frame;
}

/** The header of a frame whose payload follows separately. */
export function encodeFrameHeader(kind: FrameKind, length: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  writeHeader(header, kind, length);
  return header;
}

/** Writes bytes as frames, in pieces that are small enough. @returns whether the stream has room for more */
export function writeBytes(stream: Writable, bytes: Uint8Array): boolean {
  let hasRoom = !stream.writableNeedDrain;
  for (let at = 0; at < bytes.length; at += MAX_MESSAGE_BYTES) {
    const piece = bytes.subarray(at, at + MAX_MESSAGE_BYTES);
    stream.cork();
    stream.write(encodeFrameHeader(FrameKind.bytes, piece.length));
    hasRoom = stream.write(piece);
    stream.uncork();
  }
  return hasRoom;
}

function writeHeader(frame: Buffer, kind: FrameKind, length: number): void {
  frame[0] = kind;
  frame.writeUInt32BE(length, 1);
}

/**
 * Cuts a byte stream into frames. Bytes payloads are passed on as they come, without a copy and without their
 * boundaries; every other payload is collected whole. Never throws; after a problem nothing more is accepted.
 */
export class FrameDecoder {
  readonly #allowed: readonly FrameKind[];
  readonly #onFrame: (kind: FrameKind, payload: Buffer) => void;
  readonly #header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #kind: FrameKind = FrameKind.message;
  #payload = EMPTY;
  #filled = 0;
  #missing = 0;
  #closed = false;

  /** @param allowed - kinds that may come; any other is malformed */
  constructor(allowed: readonly FrameKind[], onFrame: (kind: FrameKind, payload: Buffer) => void) {
    this.#allowed = allowed;
    this.#onFrame = onFrame;
  }

  /** Whether the bytes so far end between two frames. */
  get isBetweenFrames(): boolean {
    return this.#headerBytes === 0;
  }

  /** Bytes that come from now on are malformed: the last frame was there. */
  close(): void {
    this.#closed = true;
  }

  push(chunk: Buffer): FrameProblem | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#closed) return 'malformed';
      if (this.#headerBytes < FRAME_HEADER_BYTES) {
        const taken = chunk.copy(this.#header, this.#headerBytes, at, at + FRAME_HEADER_BYTES - this.#headerBytes);
        this.#headerBytes += taken;
        at += taken;
        if (this.#headerBytes < FRAME_HEADER_BYTES) return undefined;
        const problem = this.#startFrame();
        if (problem !== undefined) {
          this.#closed = true;
          return problem;
        }
        if (this.#missing > 0) continue;
      }
      const piece = chunk.subarray(at, at + this.#missing);
      at += piece.length;
      this.#missing -= piece.length;
      this.#take(piece);
    }
    return undefined;
  }

  #startFrame(): FrameProblem | undefined {
    const kind = this.#header[0] as FrameKind;
    if (!this.#allowed.includes(kind)) return 'malformed';
    this.#kind = kind;
    this.#missing = this.#header.readUInt32BE(1);
    return this.#missing > LIMITS[kind] ? 'too-large' : undefined;
  }

  #take(piece: Buffer): void {
    const isWhole = this.#missing === 0;
    if (isWhole) this.#headerBytes = 0;
    if (this.#kind === FrameKind.bytes) {
      if (piece.length > 0) this.#onFrame(this.#kind, piece);
      return;
    }
    if (isWhole && this.#filled === 0) {
      this.#onFrame(this.#kind, piece);
      return;
    }
    this.#keep(piece);
    if (!isWhole) return;
    const payload = this.#payload.subarray(0, this.#filled);
    this.#payload = EMPTY;
    this.#filled = 0;
    this.#onFrame(this.#kind, payload);
  }

  /** Grows with what has come, not with what was announced, and not with the number of pieces. */
  #keep(piece: Buffer): void {
    const needed = this.#filled + piece.length;
    if (needed > this.#payload.length) {
      const grown = Buffer.allocUnsafe(
        Math.min(needed + this.#missing, Math.max(needed, 2 * this.#payload.length, 4096)),
      );
      this.#payload.copy(grown, 0, 0, this.#filled);
      this.#payload = grown;
    }
    piece.copy(this.#payload, this.#filled);
    this.#filled = needed;
  }
}
