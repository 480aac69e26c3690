/** From finest to coarsest; `off` silences everything. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'off'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The level of a record: every level but `off`. */
export type RecordLevel = Exclude<LogLevel, 'off'>;

/** Parses a level name in any case, surrounding blanks ignored; `undefined` when it is none. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const name = text.trim().toLowerCase();
  return (LOG_LEVELS as readonly string[]).includes(name) ? (name as LogLevel) : undefined;
}

/** Structured data of one record, printed in insertion order as `key=value`. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * A named logger. Messages are constant sentences in lower case; what varies goes into the fields.
 * Never pass a secret: wrap secrets in `Secret`, which prints redacted.
 */
export interface Logger {
  /** Dot-joined, such as `nomad.gossip`. */
  readonly name: string;
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Whether anybody would see a record of this level; guard only what is expensive to compute. */
  isEnabled(level: RecordLevel): boolean;
  /** A logger below this one: `name` is appended with a dot. */
  named(name: string): Logger;
  /** A logger whose records all carry `fields`. */
  with(fields: LogFields): Logger;
}

/** Drops everything: the default of every package when it is used alone. */
export const silentLogger: Logger = Object.freeze({
  name: '',
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  isEnabled: () => false,
  named: () => silentLogger,
  with: () => silentLogger,
});
