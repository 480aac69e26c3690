/** What a ring holds: `length` is its share of the bytes. */
interface Sized {
  readonly length: number;
}

/** A first-in-first-out buffer with two bounds: how many, and how many bytes. */
export class RecordRing<T extends Sized = Uint8Array> {
  readonly #lines: (T | undefined)[];
  readonly #maxBytes: number;
  #first = 0;
  #size = 0;
  #bytes = 0;

  constructor(maxRecords: number, maxBytes: number) {
    if (!Number.isInteger(maxRecords) || maxRecords < 1) {
      throw new RangeError(`maxRecords must be a positive integer: ${maxRecords}`);
    }
    this.#lines = Array.from({ length: maxRecords });
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#size;
  }

  /** @param count - how many items the bytes are of */
  fits(line: Sized, count = 1): boolean {
    return this.#size + count <= this.#lines.length && this.#bytes + line.length <= this.#maxBytes;
  }

  /** Appends; the caller has asked {@link fits}. */
  push(line: T): void {
    this.#lines[(this.#first + this.#size) % this.#lines.length] = line;
    this.#size += 1;
    this.#bytes += line.length;
  }

  /** Removes the oldest. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const line = this.#lines[this.#first] as T;
    this.#lines[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#lines.length;
    this.#size -= 1;
    this.#bytes -= line.length;
    return line;
  }

  clear(): void {
    this.#lines.fill(undefined);
    this.#first = 0;
    this.#size = 0;
    this.#bytes = 0;
  }
}
