import type { Logger, LogLevel, RecordLevel } from '@steppe/runtime';
import type { LoggerLevel } from '../level/logger-levels.js';
import type { LineFormats } from './formatted-record.js';
import type { PublishedRecord } from './published-record.js';
import type { QueueOptions, RecordQueue } from './record-queue.js';
import type { LogSubscription, SubscribeOptions } from './subscription.js';

/** How the agent's own output looks and how much of it there is. */
export interface LogHubOptions {
  /** The agent's own threshold, `log_level`. Streams have theirs and ignore it. */
  readonly level: LogLevel;
  /** JSON lines for the sinks, `log_json`; default false. */
  readonly json?: boolean;
  /** Print the caller's file and line to the sinks, `log_include_location`; default false, since capturing it costs. */
  readonly includeLocation?: boolean;
  /** Minutes east of UTC at a moment (Unix milliseconds); default the zone of the process. */
  readonly zoneOffsetMinutes?: (unixMs: number) => number;
}

/**
 * A place for the agent's own log lines, such as stderr or a file. Called synchronously for each record, so it must
 * neither block nor log; what it throws is counted and otherwise ignored.
 */
export interface LogSink {
  /** Coarser threshold of this sink alone; the agent's level applies in any case. Default: the agent's level. */
  readonly level?: LogLevel;
  /** @param line - one record as text, with its line feed; a record may span several lines of text */
  write(line: string, level: RecordLevel): void;
}

/** A place for whole records. Called as a {@link LogSink} is, for everything the hub takes in, whoever wanted it. */
export interface RecordSink {
  /** Level from which on records are taken in for this sink's sake; default the agent's own. */
  readonly level?: LogLevel;
  /** The lowest number this sink takes next; default any. */
  readonly firstSequence?: number;
  write(record: PublishedRecord): void;
}

/**
 * Where all records of one agent pass: every subsystem logs into it, every output and every stream reads from it.
 * Producers never wait: a sink writes at once, a subscriber has its own bounded buffer.
 */
export interface LogHub {
  /** The agent's own threshold. */
  readonly level: LogLevel;
  /** Changes the agent's own threshold; running subscriptions keep theirs. */
  setLevel(level: LogLevel): void;
  /** A logger feeding this hub. Roots are `agent`, `nomad`, `client`, `http`; the empty name prints none. */
  logger(name: string): Logger;
  /** Adds an output. @returns a function that removes it again */
  addSink(sink: LogSink): () => void;
  /** Adds a place for whole records. @returns a function that removes it again */
  addRecordSink(sink: RecordSink): () => void;
  /** Opens a bounded buffer of numbered lines, from {@link nextSequence} on. Whoever opens must close. */
  openQueue(options: QueueOptions): RecordQueue;
  /** Number of the next record. */
  readonly nextSequence: number;
  /** How lines are printed, for records that do not come from the hub. */
  readonly formats: LineFormats;
  /** Exceptions to the agent's own threshold that hold now. */
  readonly loggerLevels: readonly LoggerLevel[];
  /**
   * For some time the agent's own threshold is another for a logger and all below it; streams keep theirs.
   * @param ms - more than 0. @throws LOGGER_LEVELS_FULL, LOGGER_NAME_INVALID
   */
  setLoggerLevel(logger: string, level: LogLevel, ms: number): LoggerLevel;
  /** Ends such an exception before its time. @returns whether there was one */
  clearLoggerLevel(logger: string): boolean;
  /** Opens a bounded buffer of formatted lines, from now on (no backlog). Whoever subscribes must close. */
  subscribe(options: SubscribeOptions): LogSubscription;
  /** Subscriptions and queues now open. */
  readonly subscribers: number;
}
