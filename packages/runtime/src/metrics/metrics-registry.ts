import type { Clock } from '../clock/clock.js';
import type {
  AggregateReading,
  CumulativeMetrics,
  CumulativeReading,
  GaugeReading,
  MetricLabels,
  Metrics,
  MetricsReader,
  MetricsReading,
} from './metrics.js';

export interface MetricsRegistryOptions {
  /** First part of every name; default none. */
  readonly prefix?: string;
  /** Second part of gauge names, as go-metrics places the host name; default none. */
  readonly gaugePrefix?: string;
  /** Length of an interval, milliseconds; default 10 000. */
  readonly intervalMs?: number;
  /** How many intervals are kept, the running one included; default 6. */
  readonly retainedIntervals?: number;
  /** Series beyond this many are dropped, so that a hostile label cannot fill the memory; default 10 000. */
  readonly maxSeries?: number;
}

class Aggregate {
  count = 0;
  sum = 0;
  sumOfSquares = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    this.sumOfSquares += value * value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  get stddev(): number {
    if (this.count < 2) return 0;
    const variance = (this.count * this.sumOfSquares - this.sum * this.sum) / (this.count * (this.count - 1));
    return Math.sqrt(Math.max(0, variance));
  }
}

interface Series {
  readonly name: string;
  readonly labels: MetricLabels;
}

interface Interval {
  readonly index: number;
  readonly gauges: Map<string, Series & { value: number }>;
  readonly counters: Map<string, Series & { readonly aggregate: Aggregate }>;
  readonly samples: Map<string, Series & { readonly aggregate: Aggregate }>;
}

const NO_LABELS: MetricLabels = Object.freeze({});

const seriesKey = (name: string, labels: MetricLabels): string =>
  labels === NO_LABELS
    ? name
    : `${name};${Object.keys(labels)
        .sort()
        .map((key) => `${key}=${labels[key]}`)
        .join(';')}`;

/**
 * Measurements in memory, in the shape of go-metrics' in-memory sink: values are grouped into intervals, of which the
 * newest few are kept, beside totals since the start.
 */
export class MetricsRegistry implements Metrics, MetricsReader {
  readonly #options: Required<MetricsRegistryOptions>;
  readonly #clock: Clock;
  #intervals: Interval[] = [];
  readonly #gauges = new Map<string, Series & { value: number }>();
  readonly #counters = new Map<string, Series & { count: number; sum: number }>();
  readonly #samples = new Map<string, Series & { count: number; sum: number }>();

  constructor(options: MetricsRegistryOptions, { clock }: { readonly clock: Clock }) {
    this.#options = {
      prefix: '',
      gaugePrefix: '',
      intervalMs: 10_000,
      retainedIntervals: 6,
      maxSeries: 10_000,
      ...options,
    };
    this.#clock = clock;
  }

  incrCounter(name: string, value = 1, labels: MetricLabels = NO_LABELS): void {
    this.#aggregate('counters', this.#counters, this.#fullName(name), value, labels);
  }

  addSample(name: string, value: number, labels: MetricLabels = NO_LABELS): void {
    this.#aggregate('samples', this.#samples, this.#fullName(name), value, labels);
  }

  setGauge(name: string, value: number, labels: MetricLabels = NO_LABELS): void {
    const full = this.#fullName(this.#options.gaugePrefix === '' ? name : `${this.#options.gaugePrefix}.${name}`);
    const key = seriesKey(full, labels);
    if (!this.#hasRoom(this.#gauges, key)) return;
    this.#gauges.set(key, { name: full, labels, value });
    this.#current().gauges.set(key, { name: full, labels, value });
  }

  latest(): MetricsReading {
    const running = this.#current();
    const interval = this.#intervals.at(-2) ?? running;
    return {
      startMs: interval.index * this.#options.intervalMs,
      gauges: [...interval.gauges.values()],
      counters: [...interval.counters.values()].map((series) => this.#read(series)),
      samples: [...interval.samples.values()].map((series) => this.#read(series)),
    };
  }

  cumulative(): CumulativeMetrics {
    const snapshot = (map: ReadonlyMap<string, CumulativeReading>): CumulativeReading[] =>
      [...map.values()].map((series) => ({ ...series }));
    const gauges: GaugeReading[] = [...this.#gauges.values()].map((series) => ({ ...series }));
    return { gauges, counters: snapshot(this.#counters), samples: snapshot(this.#samples) };
  }

  #aggregate(
    kind: 'counters' | 'samples',
    totals: Map<string, Series & { count: number; sum: number }>,
    name: string,
    value: number,
    labels: MetricLabels,
  ): void {
    const key = seriesKey(name, labels);
    if (!this.#hasRoom(totals, key)) return;
    const total = totals.get(key);
    if (total === undefined) totals.set(key, { name, labels, count: 1, sum: value });
    else {
      total.count += 1;
      total.sum += value;
    }
    const series = this.#current()[kind];
    const existing = series.get(key);
    const aggregate = existing?.aggregate ?? new Aggregate();
    aggregate.add(value);
    if (existing === undefined) series.set(key, { name, labels, aggregate });
  }

  #read({ name, labels, aggregate }: Series & { readonly aggregate: Aggregate }): AggregateReading {
    const { count, sum, min, max, stddev } = aggregate;
    return {
      name,
      labels,
      count,
      sum,
      min,
      max,
      stddev,
      mean: sum / count,
      rate: sum / (this.#options.intervalMs / 1_000),
    };
  }

  #current(): Interval {
    const index = Math.floor(this.#clock.now() / this.#options.intervalMs);
    const newest = this.#intervals.at(-1);
    if (newest !== undefined && newest.index >= index) return newest;
    const interval: Interval = { index, gauges: new Map(), counters: new Map(), samples: new Map() };
    this.#intervals = [...this.#intervals, interval].slice(-Math.max(2, this.#options.retainedIntervals));
    return interval;
  }

  #fullName(name: string): string {
    return this.#options.prefix === '' ? name : `${this.#options.prefix}.${name}`;
  }

  #hasRoom(series: ReadonlyMap<string, unknown>, key: string): boolean {
    return series.size < this.#options.maxSeries || series.has(key);
  }
}
