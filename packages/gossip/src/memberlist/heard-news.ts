/** Serials remembered, from the first one on: a power of two. Half of them are forgotten when one beyond comes. */
const SPAN = 65_536;
const BITS = 32;

/**
 * Serials of news that would change nothing if it came again. In a storm nearly everything that comes is such news: knowing
 * it by its serial spares the look at what it is about. Remembers only what was read last, in 8 KiB.
 */
export class HeardNews {
  #from = 0;
  /** One bit for each serial from `#from` on. */
  #bits: Uint32Array | undefined;

  has(serial: number | undefined): boolean {
    if (serial === undefined || this.#bits === undefined) return false;
    const at = serial - this.#from;
    if (at < 0 || at >= SPAN) return false;
    return (((this.#bits[at >>> 5] as number) >>> (at & (BITS - 1))) & 1) === 1;
  }

  /** Nothing is remembered of news without a serial, or of older news than what is remembered. */
  add(serial: number | undefined): void {
    if (serial === undefined || serial < this.#from) return;
    this.#bits ??= new Uint32Array(SPAN / BITS);
    while (serial - this.#from >= SPAN) this.#forgetHalf(serial);
    const at = serial - this.#from;
    this.#bits[at >>> 5] = (this.#bits[at >>> 5] as number) | (1 << (at & (BITS - 1)));
  }

  clear(): void {
    this.#bits?.fill(0);
  }

  /** The older half, or everything when that does not make room. */
  #forgetHalf(serial: number): void {
    const bits = this.#bits as Uint32Array;
    const half = bits.length / 2;
    if (serial - this.#from < SPAN + SPAN / 2) {
      bits.copyWithin(0, half);
      bits.fill(0, half);
      this.#from += SPAN / 2;
    } else {
      bits.fill(0);
      this.#from = serial - (serial % BITS);
    }
  }
}
