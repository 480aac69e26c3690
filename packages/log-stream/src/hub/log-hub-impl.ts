import type { Clock, LogFields, Logger, LogLevel, Metrics, RecordLevel } from '@steppe/runtime';
import { noMetrics } from '@steppe/runtime';
import { jsonFormat } from '../format/json-line.js';
import { LocalTime } from '../format/local-time.js';
import { textFormat } from '../format/text-line.js';
import type { LoggerLevel } from '../level/logger-levels.js';
import { LoggerLevels } from '../level/logger-levels.js';
import { LOG_METRICS } from '../metrics.js';
import { CallSite } from '../record/call-site.js';
import { NOBODY, rankOf } from '../record/log-level.js';
import { BufferedSubscription } from './buffered-subscription.js';
import { FormattedRecord } from './formatted-record.js';
import type { LineFormats } from './formatted-record.js';
import type { LineStyle } from './published-record.js';
import { HubLogger } from './hub-logger.js';
import type { RecordIntake, RecordSource } from './hub-logger.js';
import type { LogHub, LogHubOptions, LogSink, RecordSink } from './log-hub.js';
import type { QueueOptions, RecordQueue } from './record-queue.js';
import { RecordQueueImpl } from './record-queue.js';
import type { LogSubscription, SubscribeOptions } from './subscription.js';

export interface LogHubDeps {
  readonly clock: Clock;
  /** Default: none. */
  readonly metrics?: Metrics;
  /** Default: the two forms of hclog. */
  readonly formats?: LineFormats;
}

/** From `accept` over the log method to its caller. */
const CALLER_DEPTH = 2;

interface Subscriber {
  readonly rank: number;
  readonly location: boolean;
  push(record: FormattedRecord): void;
}

/** The hub of a process. Adding, removing and level changes compute the thresholds; logging only compares. */
export class LogHubImpl implements LogHub, RecordIntake {
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly formats: LineFormats;
  readonly #sinkStyle: LineStyle;
  readonly #sinks = new Set<LogSink>();
  readonly #recordSinks = new Set<RecordSink>();
  readonly #levels: LoggerLevels;
  readonly #subscribers = new Set<Subscriber>();
  #level: LogLevel;
  #lowestRank = NOBODY;
  /** The lowest of those whose threshold is not the agent's. */
  #readersRank = NOBODY;
  #nextSequence: number;
  /** Rank from which records carry their call site. */
  #locationRank = NOBODY;
  #publishing = false;

  constructor(options: LogHubOptions, { clock, metrics = noMetrics, formats }: LogHubDeps) {
    const time = new LocalTime(options.zoneOffsetMinutes);
    this.#clock = clock;
    this.#metrics = metrics;
    this.#levels = new LoggerLevels({ clock, onChange: () => this.#computeRanks() });
    this.#nextSequence = Math.floor(clock.now()) * 1_000;
    this.formats = formats ?? { text: textFormat(time), json: jsonFormat(time) };
    this.#sinkStyle = { json: options.json ?? false, location: options.includeLocation ?? false };
    this.#level = options.level;
  }

  get level(): LogLevel {
    return this.#level;
  }

  get lowestRank(): number {
    return this.#lowestRank;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  get loggerLevels(): readonly LoggerLevel[] {
    return this.#levels.list();
  }

  setLoggerLevel(logger: string, level: LogLevel, ms: number): LoggerLevel {
    return this.#levels.set(logger, level, ms);
  }

  clearLoggerLevel(logger: string): boolean {
    return this.#levels.clear(logger);
  }

  setLevel(level: LogLevel): void {
    this.#level = level;
    this.#computeRanks();
  }

  logger(name: string): Logger {
    return new HubLogger(this, name);
  }

  addSink(sink: LogSink): () => void {
    // A wrapper, so that one sink added twice is removed once.
    const added: LogSink = {
      ...(sink.level === undefined ? {} : { level: sink.level }),
      write: (line, level) => sink.write(line, level),
    };
    this.#sinks.add(added);
    this.#computeRanks();
    return () => {
      this.#sinks.delete(added);
      this.#computeRanks();
    };
  }

  addRecordSink(sink: RecordSink): () => void {
    const added: RecordSink = {
      ...(sink.level === undefined ? {} : { level: sink.level }),
      write: (record) => sink.write(record),
    };
    this.#nextSequence = Math.max(this.#nextSequence, sink.firstSequence ?? 0);
    this.#recordSinks.add(added);
    this.#computeRanks();
    return () => {
      this.#recordSinks.delete(added);
      this.#computeRanks();
    };
  }

  openQueue(options: QueueOptions): RecordQueue {
    const queue = new RecordQueueImpl(options, {
      onClose: () => this.#unsubscribe(subscriber),
      onLoss: (count) => this.#metrics.incrCounter(LOG_METRICS.dropped, count),
    });
    const subscriber: Subscriber = {
      rank: rankOf(options.level),
      location: options.location,
      push: (record) => queue.push(record),
    };
    this.#subscribers.add(subscriber);
    this.#subscribersChanged();
    return queue;
  }

  subscribe(options: SubscribeOptions): LogSubscription {
    const subscription = new BufferedSubscription(options, {
      onClose: () => this.#unsubscribe(subscriber),
      onReport: (dropped) => this.#metrics.incrCounter(LOG_METRICS.dropped, dropped),
    });
    const style: LineStyle = { json: options.json ?? false, location: options.location ?? false };
    const subscriber: Subscriber = {
      rank: rankOf(options.level),
      location: style.location,
      push: (record) => subscription.push(record.bytes(style)),
    };
    this.#subscribers.add(subscriber);
    this.#subscribersChanged();
    return subscription;
  }

  accept(source: RecordSource, level: RecordLevel, message: string, fields: LogFields): void {
    // An output that logs would call itself for ever; what it has to say is lost instead.
    if (this.#publishing) return;
    const rank = rankOf(level);
    const sinkRank = this.#levels.rankFor(source.name) ?? rankOf(this.#level);
    // The level of some other logger may be what let it come so far.
    if (rank < this.#readersRank && rank < sinkRank) return;
    this.#publishing = true;
    try {
      const record = new FormattedRecord(
        this.#nextSequence,
        {
          level,
          time: this.#clock.now(),
          name: source.name,
          message,
          implied: source.implied,
          fields,
          callSite: rank >= this.#locationRank ? CallSite.capture(CALLER_DEPTH) : undefined,
        },
        this.formats,
      );
      this.#nextSequence += 1;
      if (rank >= sinkRank) this.#writeToSinks(rank, record);
      for (const sink of this.#recordSinks) this.#guarded(() => sink.write(record));
      for (const subscriber of this.#subscribers) if (rank >= subscriber.rank) subscriber.push(record);
    } finally {
      this.#publishing = false;
    }
  }

  #writeToSinks(rank: number, record: FormattedRecord): void {
    for (const sink of this.#sinks) {
      if (sink.level !== undefined && rank < rankOf(sink.level)) continue;
      this.#guarded(() => sink.write(record.line(this.#sinkStyle), record.record.level));
    }
  }

  #guarded(write: () => void): void {
    try {
      write();
    } catch {
      // Nowhere to log it: that is what failed.
      this.#metrics.incrCounter(LOG_METRICS.sinkError, 1, { sink: 'hub' });
    }
  }

  #unsubscribe(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    this.#subscribersChanged();
  }

  #subscribersChanged(): void {
    this.#metrics.setGauge(LOG_METRICS.subscribers, this.#subscribers.size);
    this.#computeRanks();
  }

  #computeRanks(): void {
    const ownRank = Math.min(rankOf(this.#level), this.#levels.lowestRank);
    const { location } = this.#sinkStyle;
    const readers = [
      ...this.#subscribers,
      // The callers that the outputs print are kept, and no others.
      ...[...this.#recordSinks].map(({ level }) => ({ rank: level === undefined ? ownRank : rankOf(level), location })),
    ];
    const outputs = [...this.#sinks].map(({ level }) => ({
      rank: Math.max(ownRank, level === undefined ? 0 : rankOf(level)),
      location,
    }));
    const lowest = (of: readonly { readonly rank: number }[]): number =>
      Math.min(NOBODY, ...of.map(({ rank }) => rank));
    const all = [...readers, ...outputs];
    this.#lowestRank = lowest(all);
    this.#readersRank = lowest([
      ...this.#subscribers,
      ...[...this.#recordSinks].flatMap(({ level }) => (level === undefined ? [] : [{ rank: rankOf(level) }])),
    ]);
    this.#locationRank = lowest(all.filter((reader) => reader.location));
  }
}
