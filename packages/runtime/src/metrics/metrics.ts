/** Dimensions of a measurement, few values each. */
export type MetricLabels = Readonly<Record<string, string>>;

/**
 * Where services report measurements. Names are dot-joined (`http.request_seconds`) and end in their base unit;
 * each package lists its own in `metrics.ts`.
 */
export interface Metrics {
  /** Adds to a counter. */
  incrCounter(name: string, value?: number, labels?: MetricLabels): void;
  /** Sets the current value of a gauge. */
  setGauge(name: string, value: number, labels?: MetricLabels): void;
  /** Adds one observation to a distribution. */
  addSample(name: string, value: number, labels?: MetricLabels): void;
}

/** Distribution of the values one counter or sample received within an interval. */
export interface AggregateReading {
  readonly name: string;
  readonly labels: MetricLabels;
  readonly count: number;
  /** Sum over the length of the interval, per second. */
  readonly rate: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
}

export interface GaugeReading {
  readonly name: string;
  readonly labels: MetricLabels;
  readonly value: number;
}

/** All measurements of one interval. */
export interface MetricsReading {
  /** Start of the interval, Unix milliseconds. */
  readonly startMs: number;
  readonly gauges: readonly GaugeReading[];
  readonly counters: readonly AggregateReading[];
  readonly samples: readonly AggregateReading[];
}

/** Total of a counter or sample since the process started. */
export interface CumulativeReading {
  readonly name: string;
  readonly labels: MetricLabels;
  readonly count: number;
  readonly sum: number;
}

/** Everything since the process started, for scrapers that compute rates themselves. */
export interface CumulativeMetrics {
  readonly gauges: readonly GaugeReading[];
  readonly counters: readonly CumulativeReading[];
  readonly samples: readonly CumulativeReading[];
}

export interface MetricsReader {
  /** The newest complete interval; the running one while there is no other. */
  latest(): MetricsReading;
  cumulative(): CumulativeMetrics;
}

/** Drops everything: the default of every package when it is used alone. */
export const noMetrics: Metrics = Object.freeze({
  incrCounter: () => undefined,
  setGauge: () => undefined,
  addSample: () => undefined,
});
