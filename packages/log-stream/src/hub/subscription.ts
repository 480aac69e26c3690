import type { LogLevel } from '@steppe/runtime';

export interface SubscribeOptions {
  /** Threshold of this subscription, whatever the agent's own; `off` receives nothing. */
  readonly level: LogLevel;
  /** JSON lines instead of text; default false. */
  readonly json?: boolean;
  /** Print the caller's file and line; default false. While anyone asks, each record costs a stack frame. */
  readonly location?: boolean;
  /** Most records kept for a reader that is behind; default 16 384: a synchronous burst must fit (see README). */
  readonly maxRecords?: number;
  /** Most bytes kept for a reader that is behind; default 4 MiB. */
  readonly maxBytes?: number;
  /** Called inside the log call when the buffer was empty and is not any more. Must not read, log or throw. */
  readonly onReadable?: () => void;
  /** Called inside the log call when the buffer is full: the last moment to read and so to save the record. */
  readonly onFull?: () => void;
}

/** One reader's view of the log: formatted lines in order, and a count of those that did not fit. */
export interface LogSubscription {
  /** The oldest line not yet taken, with its line feed, UTF-8; `undefined` when there is none. */
  take(): Uint8Array | undefined;
  /** Lines waiting. */
  readonly size: number;
  /** Records lost since the last {@link reportDropped}. */
  readonly dropped: number;
  /**
   * Queues `[WARN] Monitor dropped <n> logs during monitor request` and starts counting anew; nothing when none was lost.
   * A full buffer gives up its oldest record for that line, and counts it.
   */
  reportDropped(): void;
  /** Frees the buffer; nothing arrives any more. Later calls do nothing. */
  close(): void;
}
