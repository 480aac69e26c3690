import type { AggregateReading, MetricsReading } from '@steppe/runtime';

/** One interval of measurements as `GET /v1/metrics` shows it. */
export function encodeMetrics({ startMs, gauges, counters, samples }: MetricsReading) {
  return {
    Counters: byName(counters).map(encodeAggregate),
    Gauges: byName(gauges).map(({ name, labels, value }) => ({ Labels: labels, Name: name, Value: value })),
    Points: [],
    Samples: byName(samples).map(encodeAggregate),
    Timestamp: `${new Date(startMs).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`,
  };
}

const encodeAggregate = ({ name, labels, count, rate, sum, min, max, mean, stddev }: AggregateReading) => ({
  Count: count,
  Labels: labels,
  Max: max,
  Mean: mean,
  Min: min,
  Name: name,
  Rate: rate,
  Stddev: stddev,
  Sum: sum,
});

const byName = <T extends { readonly name: string }>(readings: readonly T[]): readonly T[] =>
  readings.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
