/** Port: a place for bytes that may say "enough", such as an HTTP response. Must not log what it does: it may carry the log. */
export interface ByteSink {
  /** @returns false when the reader is behind: write no more until `onDrain` calls back */
  write(bytes: Uint8Array): boolean;
  /** Calls back once, when writing may go on. Need not call when the reader is gone: the signal says that. */
  onDrain(callback: () => void): void;
}
