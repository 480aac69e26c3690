import type { LogFields, Logger, RecordLevel } from '@steppe/runtime';
import { rankOf } from '../record/log-level.js';
import type { LogField } from '../record/log-record.js';
import { sortBytewise } from '../format/json-value.js';

/** What a logger needs of its hub. */
export interface RecordIntake {
  /** Rank below which nobody wants a record. */
  readonly lowestRank: number;
  /** Called by a log method and nobody else: that method's caller is the record's location. */
  accept(source: RecordSource, level: RecordLevel, message: string, fields: LogFields): void;
}

/** What all records of one logger share. */
export interface RecordSource {
  readonly name: string;
  readonly implied: readonly LogField[];
}

const NO_FIELDS: LogFields = Object.freeze({});
const [TRACE, DEBUG, INFO, WARN, ERROR] = (['trace', 'debug', 'info', 'warn', 'error'] as const).map(rankOf) as [
  number,
  number,
  number,
  number,
  number,
];

/** A logger whose records go to a hub. A record nobody wants costs one comparison. */
export class HubLogger implements Logger, RecordSource {
  readonly name: string;
  readonly implied: readonly LogField[];
  readonly #hub: RecordIntake;

  constructor(hub: RecordIntake, name: string, implied: readonly LogField[] = []) {
    this.#hub = hub;
    this.name = name;
    this.implied = implied;
  }

  trace(message: string, fields: LogFields = NO_FIELDS): void {
    if (TRACE >= this.#hub.lowestRank) this.#hub.accept(this, 'trace', message, fields);
  }

  debug(message: string, fields: LogFields = NO_FIELDS): void {
    if (DEBUG >= this.#hub.lowestRank) this.#hub.accept(this, 'debug', message, fields);
  }

  info(message: string, fields: LogFields = NO_FIELDS): void {
    if (INFO >= this.#hub.lowestRank) this.#hub.accept(this, 'info', message, fields);
  }

  warn(message: string, fields: LogFields = NO_FIELDS): void {
    if (WARN >= this.#hub.lowestRank) this.#hub.accept(this, 'warn', message, fields);
  }

  error(message: string, fields: LogFields = NO_FIELDS): void {
    if (ERROR >= this.#hub.lowestRank) this.#hub.accept(this, 'error', message, fields);
  }

  /** Asks the lowest of the agent's level and every open stream's: guarded records reach the streams too. */
  isEnabled(level: RecordLevel): boolean {
    // Differs from Nomad: there the agent's level alone decides, so guarded records never reach a finer stream.
    return rankOf(level) >= this.#hub.lowestRank;
  }

  named(name: string): Logger {
    return new HubLogger(this.#hub, this.name === '' ? name : `${this.name}.${name}`, this.implied);
  }

  with(fields: LogFields): Logger {
    const merged = new Map(this.implied);
    for (const key in fields) merged.set(key, fields[key]);
    const implied = sortBytewise([...merged.keys()]).map((key): LogField => [key, merged.get(key)]);
    return new HubLogger(this.#hub, this.name, implied);
  }
}
