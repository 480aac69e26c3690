import type { LogFields, RecordLevel } from '@steppe/runtime';
import type { CallSite } from './call-site.js';

/** One thing somebody logged, before it has a form. */
export interface LogRecord {
  readonly level: RecordLevel;
  /** Unix milliseconds; the fraction carries microseconds. */
  readonly time: number;
  /** Dot-joined logger name; may be empty. */
  readonly name: string;
  readonly message: string;
  /** What `with` added: sorted by key, one entry a key. */
  readonly implied: readonly LogField[];
  /** What the call itself passed, in call order. */
  readonly fields: LogFields;
  /** Where the call stands; only captured while somebody asked for it. */
  readonly callSite?: CallSite | undefined;
}

export type LogField = readonly [key: string, value: unknown];

/** Turns a record into its line, line feed included. */
export type LineFormat = (record: LogRecord, options: LineFormatOptions) => string;

export interface LineFormatOptions {
  /** Print the caller, if the record has one. */
  readonly location: boolean;
  /** JSON only: print the record's number as `@seq`. */
  readonly sequence?: number;
}
