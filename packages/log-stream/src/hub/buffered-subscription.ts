import { RecordRing } from './record-ring.js';
import type { LogSubscription, SubscribeOptions } from './subscription.js';

// Nomad keeps 512; a burst logged within one turn of the event loop would lose nearly everything there.
const MAX_RECORDS = 16_384;
const MAX_BYTES = 4 * 1024 * 1024;

/** The buffer of one subscriber. Invariant: taken + waiting + dropped + reported as dropped = pushed. */
export class BufferedSubscription implements LogSubscription {
  readonly #options: SubscribeOptions;
  readonly #onClose: () => void;
  readonly #onReport: (dropped: number) => void;
  readonly #ring: RecordRing;
  /** Reports not yet taken, with their numbers: evicting one must not lose what it counts. */
  readonly #reports = new Map<Uint8Array, number>();
  #dropped = 0;
  #closed = false;

  constructor(
    options: SubscribeOptions,
    { onClose, onReport }: { readonly onClose: () => void; readonly onReport: (dropped: number) => void },
  ) {
    this.#options = options;
    this.#onClose = onClose;
    this.#onReport = onReport;
    this.#ring = new RecordRing(options.maxRecords ?? MAX_RECORDS, options.maxBytes ?? MAX_BYTES);
  }

  get size(): number {
    return this.#ring.size;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Called by the hub for each record that passed the threshold. */
  push(line: Uint8Array): void {
    if (this.#closed) return;
    if (!this.#ring.fits(line)) {
      this.#options.onFull?.();
      // The reader may have closed the subscription while it read.
      if (this.#closed) return;
      if (!this.#ring.fits(line)) {
        this.#dropped += 1;
        return;
      }
    }
    this.#append(line);
  }

  take(): Uint8Array | undefined {
    const line = this.#ring.shift();
    if (line !== undefined && this.#reports.size > 0) this.#reports.delete(line);
    return line;
  }

  reportDropped(): void {
    if (this.#dropped === 0 || this.#closed) return;
    this.#onReport(this.#dropped);
    let report = reportOf(this.#dropped);
    while (!this.#ring.fits(report) && this.#ring.size > 0) {
      this.#dropped += this.#evict();
      report = reportOf(this.#dropped);
    }
    // A ring too small for the line alone keeps counting and reports nothing.
    if (!this.#ring.fits(report)) return;
    this.#reports.set(report, this.#dropped);
    this.#dropped = 0;
    this.#append(report);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ring.clear();
    this.#reports.clear();
    this.#onClose();
  }

  #append(line: Uint8Array): void {
    const wasEmpty = this.#ring.size === 0;
    this.#ring.push(line);
    if (wasEmpty) this.#options.onReadable?.();
  }

  /** Gives up the oldest line; returns how many lost records it stands for. */
  #evict(): number {
    const line = this.#ring.shift();
    if (line === undefined) return 0;
    const reported = this.#reports.get(line);
    this.#reports.delete(line);
    return reported ?? 1;
  }
}

/** Nomad: plain text without time and name, also between JSON lines. */
const reportOf = (count: number): Uint8Array =>
  Buffer.from(`[WARN] Monitor dropped ${count} logs during monitor request\n`);
