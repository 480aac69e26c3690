const INITIAL_BYTES = 4096;

/** Bytes that come in pieces, kept in one buffer that grows with what really came. */
export class ByteAccumulator {
  #bytes = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Holds {@link length} bytes from its start; another buffer after the next {@link push}. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  push(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(INITIAL_BYTES, 2 * this.#bytes.length, needed));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = needed;
  }

  /** Lets go of everything. */
  release(): void {
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }
}
