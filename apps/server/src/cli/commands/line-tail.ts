const NEWLINE = 0x0a;

/** The last lines of what goes by, until it is told to let everything pass. */
export class LineTail {
  readonly #count: number;
  #held = Buffer.alloc(0);
  #isOpen = false;

  /** @param count - how many lines; what follows the last line end is a line, too */
  constructor(count: number) {
    this.#count = count;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @returns what is to be shown now */
  push(bytes: Uint8Array): Buffer {
    if (this.#isOpen) return Buffer.from(bytes);
    this.#held = Buffer.concat([this.#held, bytes]);
    this.#held = this.#held.subarray(this.#start());
    return Buffer.alloc(0);
  }

  /** Lets go of what is held; from now on everything passes. */
  open(): Buffer {
    this.#isOpen = true;
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    return held;
  }

  /** Where the last lines begin. */
  #start(): number {
    // A line end at the very end begins no line.
    let at = this.#held.length - 1;
    for (let lines = 0; lines < this.#count; lines += 1) {
      if (at <= 0) return 0;
      at = this.#held.lastIndexOf(NEWLINE, at - 1);
      if (at === -1) return 0;
    }
    return at + 1;
  }
}
