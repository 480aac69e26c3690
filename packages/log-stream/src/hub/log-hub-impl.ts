import type { Clock, LogFields, Logger, LogLevel, Metrics, RecordLevel } from '@steppe/runtime';
import { noMetrics } from '@steppe/runtime';
import { jsonFormat } from '../format/json-line.js';
import { LocalTime } from '../format/local-time.js';
import { textFormat } from '../format/text-line.js';
import { LOG_METRICS } from '../metrics.js';
import { CallSite } from '../record/call-site.js';
import { NOBODY, rankOf } from '../record/log-level.js';
import { BufferedSubscription } from './buffered-subscription.js';
import { FormattedRecord } from './formatted-record.js';
import type { LineFormats, LineStyle } from './formatted-record.js';
import { HubLogger } from './hub-logger.js';
import type { RecordIntake, RecordSource } from './hub-logger.js';
import type { LogHub, LogHubOptions, LogSink } from './log-hub.js';
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
  readonly style: LineStyle;
  readonly subscription: BufferedSubscription;
}

/** The hub of a process. Adding, removing and level changes compute the thresholds; logging only compares. */
export class LogHubImpl implements LogHub, RecordIntake {
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #formats: LineFormats;
  readonly #sinkStyle: LineStyle;
  readonly #sinks = new Set<LogSink>();
  readonly #subscribers = new Set<Subscriber>();
  #level: LogLevel;
  #lowestRank = NOBODY;
  /** Rank from which records carry their call site. */
  #locationRank = NOBODY;
  #publishing = false;

  constructor(options: LogHubOptions, { clock, metrics = noMetrics, formats }: LogHubDeps) {
    const time = new LocalTime(options.zoneOffsetMinutes);
    this.#clock = clock;
    this.#metrics = metrics;
    this.#formats = formats ?? { text: textFormat(time), json: jsonFormat(time) };
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
      write: (line) => sink.write(line),
    };
    this.#sinks.add(added);
    this.#computeRanks();
    return () => {
      this.#sinks.delete(added);
      this.#computeRanks();
    };
  }

  subscribe(options: SubscribeOptions): LogSubscription {
    const subscription = new BufferedSubscription(options, {
      onClose: () => {
        this.#subscribers.delete(subscriber);
        this.#subscribersChanged();
      },
      onReport: (dropped) => this.#metrics.incrCounter(LOG_METRICS.dropped, dropped),
    });
    const subscriber: Subscriber = {
      rank: rankOf(options.level),
      style: { json: options.json ?? false, location: options.location ?? false },
      subscription,
    };
    this.#subscribers.add(subscriber);
    this.#subscribersChanged();
    return subscription;
  }

  accept(source: RecordSource, level: RecordLevel, message: string, fields: LogFields): void {
    // An output that logs would call itself for ever; what it has to say is lost instead.
    if (this.#publishing) return;
    this.#publishing = true;
    try {
      const rank = rankOf(level);
      const record = new FormattedRecord(
        {
          level,
          time: this.#clock.now(),
          name: source.name,
          message,
          implied: source.implied,
          fields,
          ...(rank >= this.#locationRank ? { callSite: CallSite.capture(CALLER_DEPTH) } : {}),
        },
        this.#formats,
      );
      this.#writeToSinks(rank, record);
      for (const { rank: threshold, style, subscription } of this.#subscribers) {
        if (rank >= threshold) subscription.push(record.bytes(style));
      }
    } finally {
      this.#publishing = false;
    }
  }

  #writeToSinks(rank: number, record: FormattedRecord): void {
    for (const sink of this.#sinks) {
      if (rank < this.#sinkRank(sink)) continue;
      try {
        sink.write(record.line(this.#sinkStyle));
      } catch {
        // Nowhere to log it: that is what failed.
        this.#metrics.incrCounter(LOG_METRICS.sinkError, 1, { sink: 'hub' });
      }
    }
  }

  #sinkRank({ level }: LogSink): number {
    return Math.max(rankOf(this.#level), level === undefined ? 0 : rankOf(level));
  }

  #subscribersChanged(): void {
    this.#metrics.setGauge(LOG_METRICS.subscribers, this.#subscribers.size);
    this.#computeRanks();
  }

  #computeRanks(): void {
    const readers = [
      ...[...this.#sinks].map((sink) => ({ rank: this.#sinkRank(sink), location: this.#sinkStyle.location })),
      ...[...this.#subscribers].map(({ rank, style }) => ({ rank, location: style.location })),
    ];
    this.#lowestRank = Math.min(NOBODY, ...readers.map(({ rank }) => rank));
    this.#locationRank = Math.min(NOBODY, ...readers.filter(({ location }) => location).map(({ rank }) => rank));
  }
}
