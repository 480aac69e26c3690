import type { LogRecord } from '../record/log-record.js';

/** What a reader wants to see of a record. */
export interface LineStyle {
  readonly json: boolean;
  readonly location: boolean;
  /** JSON only: the record's number is in the line, as `@seq`; default false. */
  readonly numbered?: boolean;
}

/** A record the hub has taken in. */
export interface PublishedRecord {
  /** One more than the record before it; the first one of a run depends on the time of day, so that no number comes twice. */
  readonly sequence: number;
  readonly record: LogRecord;
  /** Its line in one of the forms, with its line feed. Made once, however many ask. */
  line(style: LineStyle): string;
  /** The same as UTF-8. Not to be changed. */
  bytes(style: LineStyle): Uint8Array;
}
