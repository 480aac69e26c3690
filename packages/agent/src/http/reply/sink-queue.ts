import { errorMessage } from '@steppe/domain';
import type { ByteSink, StreamWriter } from './reply.js';

/** A writer is told to pause beyond this many bytes that nobody has taken. */
const HIGH_WATER_BYTES = 64 * 1024;

/** Turns a writer of bytes into chunks to be taken one by one; the writer waits while nobody takes them. */
export class SinkQueue implements ByteSink {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #drained: (() => void)[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  write(bytes: Uint8Array): boolean {
    if (this.#ended) return true;
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    this.#wake?.();
    return this.#bytes < HIGH_WATER_BYTES;
  }

  onDrain(callback: () => void): void {
    this.#drained.push(callback);
  }

  /**
   * Runs the writer, at once, until it ends, the signal aborts, or the reader stops. What it throws follows its last chunk, as
   * text.
   */
  read(run: StreamWriter, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const leave = new AbortController();
    const ended = run(this, { signal: AbortSignal.any([signal, leave.signal]) })
      .catch((error: unknown) => void this.write(Buffer.from(errorMessage(error))))
      .finally(() => {
        this.#ended = true;
        this.#wake?.();
      });
    return this.#chunksUntil(ended, leave);
  }

  async *#chunksUntil(ended: Promise<void>, leave: AbortController): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunks = this.#take();
        if (chunks.length > 0) {
          yield* chunks;
          continue;
        }
        // Nothing may come in between: who writes wakes whoever waits by then.
        if (this.#ended) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
      }
    } finally {
      leave.abort(new Error('the caller is gone'));
      this.#take();
      await ended;
    }
  }

  #take(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    for (const callback of this.#drained.splice(0)) callback();
    return chunks;
  }
}
