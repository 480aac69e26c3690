import type { LogLevel } from '@steppe/runtime';
import type { LineStyle, PublishedRecord } from './published-record.js';
import { RecordRing } from './record-ring.js';

const MAX_RECORDS = 16_384;
const MAX_BYTES = 4 * 1024 * 1024;
/** What a gap costs of the buffer's bytes. */
const GAP_BYTES = 64;

export interface QueueOptions extends LineStyle {
  /** Threshold of this reader, whatever the agent's own. */
  readonly level: LogLevel;
  /** Which of those records are wanted. Called inside the log call; a record it cannot afford to look at counts as lost. */
  readonly accepts?: (record: PublishedRecord) => boolean | 'unknown';
  /** See `SubscribeOptions.maxRecords`. */
  readonly maxRecords?: number;
  /** See `SubscribeOptions.maxBytes`. */
  readonly maxBytes?: number;
  /** Called inside the log call when there was nothing to take and now is. Must not take, log or throw. */
  readonly onReadable?: () => void;
}

/** A record on its way to a reader, or what is missing in its place. */
export type FeedItem = FeedLine | FeedGap;

export interface FeedLine {
  readonly kind: 'line';
  readonly sequence: number;
  /** UTF-8, with its line feed. */
  readonly line: Uint8Array;
}

/** Records of a range of numbers, both ends included, that will not come. */
export interface FeedGap {
  readonly kind: 'gap';
  readonly from: number;
  readonly to: number;
  /** How many of them the reader would have been given; at most that many when they could not be looked at. */
  readonly lost: number;
}

/** One reader's records in order, each with its number. What did not fit is a gap, in its place. */
export interface RecordQueue {
  /** The oldest item not yet taken. */
  take(): FeedItem | undefined;
  /** Frees the buffer; nothing arrives any more. Idempotent. */
  close(): void;
}

type Queued = FeedItem & { readonly length: number };

export class RecordQueueImpl implements RecordQueue {
  readonly #options: QueueOptions;
  readonly #onClose: () => void;
  readonly #onLoss: (count: number) => void;
  readonly #ring: RecordRing<Queued>;
  /** Lost since the last record that was taken in. */
  #gap: FeedGap | undefined;
  #closed = false;

  constructor(
    options: QueueOptions,
    { onClose, onLoss }: { readonly onClose: () => void; readonly onLoss: (count: number) => void },
  ) {
    this.#options = options;
    this.#onClose = onClose;
    this.#onLoss = onLoss;
    this.#ring = new RecordRing(options.maxRecords ?? MAX_RECORDS, options.maxBytes ?? MAX_BYTES);
  }

  /** Called by the hub for each record that passed the threshold. */
  push(record: PublishedRecord): void {
    const verdict = this.#options.accepts?.(record) ?? true;
    if (this.#closed || verdict === false) return;
    const { sequence } = record;
    const wasEmpty = this.#ring.size === 0 && this.#gap === undefined;
    const line = verdict === 'unknown' ? undefined : record.bytes(this.#options);
    if (line === undefined || !this.#append({ kind: 'line', sequence, line, length: line.length })) {
      const { from = sequence, lost = 0 } = this.#gap ?? {};
      this.#gap = { kind: 'gap', from, to: sequence, lost: lost + 1 };
      this.#onLoss(1);
    }
    if (wasEmpty) this.#options.onReadable?.();
  }

  take(): FeedItem | undefined {
    const item = this.#ring.shift();
    if (item !== undefined) return item;
    const gap = this.#gap;
    this.#gap = undefined;
    return gap;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ring.clear();
    this.#gap = undefined;
    this.#onClose();
  }

  /** Takes an item in behind the gap before it, if both fit. */
  #append(item: Queued): boolean {
    const gap = this.#gap;
    if (gap === undefined) {
      if (!this.#ring.fits(item)) return false;
      this.#ring.push(item);
      return true;
    }
    if (!this.#ring.fits({ length: item.length + GAP_BYTES }, 2)) return false;
    this.#ring.push({ ...gap, length: GAP_BYTES });
    this.#ring.push(item);
    this.#gap = undefined;
    return true;
  }
}
