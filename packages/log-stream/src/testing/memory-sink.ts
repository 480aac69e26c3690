import type { ByteSink } from '../monitor/byte-sink.js';
import { FrameReader } from '../wire/frame-reader.js';
import type { StreamFrame } from '../wire/frame.js';

/** Keeps what is written; `capacity` writes, then it says "enough" until {@link release}. */
export class MemorySink implements ByteSink {
  readonly writes: Uint8Array[] = [];
  #capacity: number;
  #drain: (() => void) | undefined;

  constructor(capacity = Number.POSITIVE_INFINITY) {
    this.#capacity = capacity;
  }

  write(bytes: Uint8Array): boolean {
    this.writes.push(bytes);
    this.#capacity -= 1;
    return this.#capacity > 0;
  }

  onDrain(callback: () => void): void {
    this.#drain = callback;
  }

  /** Lets `capacity` further writes through. */
  release(capacity = Number.POSITIVE_INFINITY): void {
    this.#capacity = capacity;
    const drain = this.#drain;
    this.#drain = undefined;
    drain?.();
  }

  /** Everything written, as UTF-8. */
  get text(): string {
    return Buffer.concat(this.writes).toString();
  }

  get frames(): StreamFrame[] {
    const reader = new FrameReader();
    const frames = this.writes.flatMap((bytes) => reader.push(bytes));
    reader.end();
    return frames;
  }

  get heartbeats(): number {
    return this.frames.filter((frame) => frame.data.length === 0 && frame.fileEvent === '' && frame.offset === 0)
      .length;
  }

  /** The payloads of all frames, joined. */
  get payload(): string {
    return Buffer.concat(this.frames.map((frame) => frame.data)).toString();
  }
}
