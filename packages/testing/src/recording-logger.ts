import type { LogFields, Logger, RecordLevel } from '@steppe/runtime';

export interface RecordedLine {
  readonly level: RecordLevel;
  readonly name: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps every record in memory, those of derived loggers included. */
export class RecordingLogger implements Logger {
  readonly name: string;
  readonly lines: RecordedLine[];
  readonly #fields: LogFields;

  constructor(name = '', fields: LogFields = {}, lines: RecordedLine[] = []) {
    this.name = name;
    this.#fields = fields;
    this.lines = lines;
  }

  trace(message: string, fields?: LogFields): void {
    this.#record('trace', message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#record('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#record('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#record('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#record('error', message, fields);
  }

  isEnabled(): boolean {
    return true;
  }

  named(name: string): RecordingLogger {
    return new RecordingLogger(this.name === '' ? name : `${this.name}.${name}`, this.#fields, this.lines);
  }

  with(fields: LogFields): RecordingLogger {
    return new RecordingLogger(this.name, { ...this.#fields, ...fields }, this.lines);
  }

  /** The messages alone, of one level or of all. */
  messages(level?: RecordLevel): string[] {
    return this.lines.filter((line) => level === undefined || line.level === level).map((line) => line.message);
  }

  #record(level: RecordLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, name: this.name, message, fields: { ...this.#fields, ...fields } });
  }
}
