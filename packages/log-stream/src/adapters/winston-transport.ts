import type { Logger, RecordLevel } from '@steppe/runtime';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';

/** Winston's levels, of all its sets. */
const LEVELS: ReadonlyMap<string, RecordLevel> = new Map(
  Object.entries({
    emerg: 'error',
    alert: 'error',
    crit: 'error',
    error: 'error',
    warning: 'warn',
    warn: 'warn',
    notice: 'info',
    info: 'info',
    http: 'debug',
    verbose: 'debug',
    debug: 'debug',
    silly: 'trace',
  } as const),
);
/** What stands in every record of winston and is the hub's own affair. */
const OWN_KEYS = new Set(['level', 'message', 'timestamp', 'label']);
/** Winston keeps the name of the level here, whatever a format has made of `level`. */
const LEVEL = Symbol.for('level');

/**
 * A transport for winston (`createLogger({ transports: [new WinstonTransport(logger)] })`), by which an application's own log joins
 * the agent's. A `label` becomes a logger below `logger`, everything else fields. It has no level of its own: winston's decides.
 */
export class WinstonTransport extends Writable {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    super({ objectMode: true });
    this.#logger = logger;
  }

  /** Called by winston where it does not write to the stream. */
  log(info: unknown, done: () => void): void {
    this.#take(info);
    done();
  }

  override _write(info: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.log(info, done);
  }

  #take(info: unknown): void {
    if (typeof info !== 'object' || info === null) return;
    const record = info as Readonly<Record<string | symbol, unknown>>;
    const name = record[LEVEL] ?? record['level'];
    const level = (typeof name === 'string' ? LEVELS.get(name) : undefined) ?? 'info';
    const { message, label } = record;
    const logger = typeof label === 'string' && label !== '' ? this.#logger.named(label) : this.#logger;
    const fields = Object.entries(record).filter(([key]) => !OWN_KEYS.has(key));
    logger[level](typeof message === 'string' ? message : inspect(message), Object.fromEntries(fields));
  }
}
