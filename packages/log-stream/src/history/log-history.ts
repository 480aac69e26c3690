import type { StoredRecord } from './stored-record.js';

/** A range of record numbers, both ends included. */
export interface SequenceRange {
  readonly from: number;
  readonly to: number;
}

/** Records of the past, by number. Numbers grow without holes while an agent runs; see {@link unkept} for what is missing. */
export interface LogHistory {
  /**
   * Records from number `from` on, oldest first, up to the newest when this is called; in batches, so that others get their turn.
   * Ends early when the signal aborts.
   */
  read(from: number, options: { readonly signal: AbortSignal }): AsyncIterable<readonly StoredRecord[]>;
  /** Number of the first record of that moment (Unix milliseconds) or later; the next number when there is none. */
  sequenceAt(unixMs: number, options: { readonly signal: AbortSignal }): Promise<number>;
  /** Number from which on there are `count` records of the range that `accepts` takes, or as many as there are; `to` + 1 without any. */
  tail(count: number, query: TailQuery, options: { readonly signal: AbortSignal }): Promise<number>;
  /** What of a range of numbers that were not found was given to a record: numbers skipped between two runs are taken out. */
  unkept(range: SequenceRange): readonly SequenceRange[];
}

export interface TailQuery extends SequenceRange {
  readonly accepts: (record: StoredRecord) => boolean;
}
