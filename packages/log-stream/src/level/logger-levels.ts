import type { Clock, LogLevel, Timer } from '@steppe/runtime';
import { logStreamError } from '../errors.js';
import { NOBODY, rankOf } from '../record/log-level.js';

const MAX_EXCEPTIONS = 64;
const MAX_NAME_LENGTH = 128;

/** A level that holds for some loggers and for some time. */
export interface LoggerLevel {
  /** The logger and all below it; empty for every logger. */
  readonly logger: string;
  readonly level: LogLevel;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Exceptions to the agent's own threshold, each of which ends by itself. */
export class LoggerLevels {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #levels = new Map<string, LoggerLevel & { readonly rank: number; readonly timer: Timer }>();
  /** Of the loggers that were asked about since the last change. */
  readonly #ranks = new Map<string, number | undefined>();
  #lowestRank = NOBODY;

  constructor({ clock, onChange }: { readonly clock: Clock; readonly onChange: () => void }) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The finest of all; above every record's when there is none. */
  get lowestRank(): number {
    return this.#lowestRank;
  }

  list(): readonly LoggerLevel[] {
    return [...this.#levels.values()]
      .map(({ logger, level, expiresAt }) => ({ logger, level, expiresAt }))
      .toSorted((a, b) => (a.logger < b.logger ? -1 : 1));
  }

  /** Replaces what held for the same logger. @throws LOGGER_LEVELS_FULL, LOGGER_NAME_INVALID */
  set(logger: string, level: LogLevel, ms: number): LoggerLevel {
    if (logger.length > MAX_NAME_LENGTH || /[^\x21-\x7e]/.test(logger)) {
      throw logStreamError({ code: 'LOGGER_NAME_INVALID', logger }, `invalid logger name: ${JSON.stringify(logger)}`);
    }
    if (!this.#levels.has(logger) && this.#levels.size >= MAX_EXCEPTIONS) {
      throw logStreamError(
        { code: 'LOGGER_LEVELS_FULL', limit: MAX_EXCEPTIONS },
        `there are log levels for ${MAX_EXCEPTIONS} loggers already`,
      );
    }
    this.#levels.get(logger)?.timer.cancel();
    const timer = this.#clock.setTimer(ms, () => this.clear(logger));
    const made = { logger, level, expiresAt: this.#clock.now() + ms };
    this.#levels.set(logger, { ...made, rank: rankOf(level), timer });
    this.#changed();
    return made;
  }

  /** Ends one before its time. @returns whether there was one */
  clear(logger: string): boolean {
    this.#levels.get(logger)?.timer.cancel();
    const was = this.#levels.delete(logger);
    if (was) this.#changed();
    return was;
  }

  /** What holds for a logger: the exception of the longest name above it, if there is one. */
  rankFor(name: string): number | undefined {
    if (this.#levels.size === 0) return undefined;
    if (!this.#ranks.has(name)) this.#ranks.set(name, this.#find(name));
    return this.#ranks.get(name);
  }

  #find(name: string): number | undefined {
    for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
      const rank = this.#levels.get(name.slice(0, end))?.rank;
      if (rank !== undefined) return rank;
    }
    return this.#levels.get('')?.rank;
  }

  #changed(): void {
    this.#ranks.clear();
    this.#lowestRank = Math.min(NOBODY, ...Array.from(this.#levels.values(), ({ rank }) => rank));
    this.#onChange();
  }
}
