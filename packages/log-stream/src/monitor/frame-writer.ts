import type { Clock, Timer } from '@steppe/runtime';
import { HEARTBEAT, encodeFrame } from '../wire/frame.js';
import type { ByteSink } from './byte-sink.js';

/** Payload bytes of a full frame. */
const FRAME_BYTES = 1_024;
/** How long an incomplete frame may wait, counted by a ticker that starts with the stream. */
const FLUSH_MS = 200;
const HEARTBEAT_MS = 1_000;

export interface FrameWriterOptions {
  /** Payloads as they are, without frames and heartbeats. */
  readonly plain: boolean;
  /** Event name in each frame; empty for none. */
  readonly fileEvent: string;
  /**
   * End frames between characters: readers decode each one for itself. Differs from Nomad, which cuts anywhere.
   * Only for bytes that are known to be UTF-8.
   */
  readonly wholeCharacters: boolean;
}

export interface FrameWriterDeps {
  readonly clock: Clock;
  readonly sink: ByteSink;
  /** The reader was behind and is not any more. */
  readonly onUnblocked: () => void;
}

/**
 * Cuts bytes into frames and writes them: full frames at once, the rest with the next tick of 200 ms; a heartbeat each
 * second whatever else flows. While the reader is behind nothing is written, heartbeats neither.
 */
export class FrameWriter {
  readonly #options: FrameWriterOptions;
  readonly #deps: FrameWriterDeps;
  readonly #timers: Timer[];
  readonly #buffer = Buffer.alloc(FRAME_BYTES);
  #length = 0;
  /** Whether anything came since the last flush. */
  #begun = false;
  #offset = 0;
  #blocked = false;
  #closed = false;

  constructor(options: FrameWriterOptions, deps: FrameWriterDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#timers = [deps.clock.setTicker(FLUSH_MS, () => this.flush())];
    if (!options.plain) this.#timers.push(deps.clock.setTicker(HEARTBEAT_MS, () => this.#beat()));
  }

  /** Whether the reader is behind. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /**
   * Takes bytes from position `from` on until they are used up or the reader falls behind.
   * @param offset - what a frame begun with these bytes reports; later frames of the same burst count on from there
   * @returns the position reached; call again from there once unblocked
   */
  add(bytes: Uint8Array, from: number, offset: number): number {
    let at = from;
    while (at < bytes.length && !this.#blocked && !this.#closed) {
      if (!this.#begun) {
        this.#begun = true;
        this.#offset = offset;
      }
      const taken = Math.min(FRAME_BYTES - this.#length, bytes.length - at);
      this.#buffer.set(bytes.subarray(at, at + taken), this.#length);
      this.#length += taken;
      at += taken;
      if (this.#length === FRAME_BYTES) this.#offset += this.#emit();
    }
    return at;
  }

  /** Ends the burst: writes what is buffered and starts offsets anew. Nothing while the reader is behind. */
  flush(): void {
    if (!this.#begun || this.#blocked || this.#closed) return;
    // Nomad: after a burst that filled its frames exactly, the tick sends a frame without data.
    if (this.#length > 0 || (this.#options.fileEvent !== '' && !this.#options.plain)) this.#emit();
    this.#begun = this.#length > 0;
    this.#offset = 0;
  }

  /** Stops the tickers; nothing is written any more. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
  }

  /** Writes the buffer, but for the beginning of an incomplete last character. Returns the bytes written. */
  #emit(): number {
    const end = this.#options.wholeCharacters ? lastBoundary(this.#buffer, this.#length) : this.#length;
    // A copy: the sink may keep what it is given, and the buffer is used again.
    const data = Buffer.from(this.#buffer.subarray(0, end));
    this.#buffer.copyWithin(0, end, this.#length);
    this.#length -= end;
    this.#write(
      this.#options.plain ? data : encodeFrame({ data, fileEvent: this.#options.fileEvent, offset: this.#offset }),
    );
    return end;
  }

  #beat(): void {
    if (!this.#blocked && !this.#closed) this.#write(HEARTBEAT);
  }

  #write(bytes: Uint8Array): void {
    if (this.#deps.sink.write(bytes)) return;
    this.#blocked = true;
    this.#deps.sink.onDrain(() => {
      if (this.#closed) return;
      this.#blocked = false;
      this.#deps.onUnblocked();
    });
  }
}

/** The end of the last complete character in the first `length` bytes of UTF-8. */
function lastBoundary(bytes: Uint8Array, length: number): number {
  for (let start = length - 1; start >= Math.max(0, length - 4); start -= 1) {
    const lead = bytes[start] ?? 0;
    if (lead < 0x80) return length;
    if (lead < 0xc0) continue;
    const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return start + size > length ? start : length;
  }
  return length;
}
