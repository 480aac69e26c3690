import type { CumulativeMetrics, MetricLabels } from '@steppe/runtime';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Line {
  readonly labels: MetricLabels;
  readonly suffix: string;
  readonly value: number;
}

/** Totals since the start in the Prometheus text exposition format, version 0.0.4. */
export function encodePrometheus({ gauges, counters, samples }: CumulativeMetrics): string {
  const families = new Map<string, { readonly type: string; readonly lines: Line[] }>();
  const add = (name: string, type: string, ...lines: readonly Line[]): void => {
    const family = families.get(name) ?? { type, lines: [] };
    families.set(name, family);
    family.lines.push(...lines);
  };
  for (const { name, labels, value } of gauges) add(metricName(name), 'gauge', { labels, suffix: '', value });
  for (const { name, labels, sum } of counters) add(metricName(name), 'counter', { labels, suffix: '', value: sum });
  for (const { name, labels, count, sum } of samples) {
    const parts = [
      { labels, suffix: '_sum', value: sum },
      { labels, suffix: '_count', value: count },
    ];
    add(metricName(name), 'summary', ...parts);
  }
  return [...families.keys()]
    .toSorted()
    .flatMap((name) => {
      const { type, lines } = families.get(name) ?? { type: '', lines: [] };
      return [`# TYPE ${name} ${type}`, ...lines.map((line) => encodeLine(name, line))];
    })
    .concat('')
    .join('\n');
}

const metricName = (name: string): string => name.replace(/[^a-zA-Z0-9_:]/g, '_').replace(/^(\d)/, '_$1');

function encodeLine(name: string, { labels, suffix, value }: Line): string {
  const pairs = Object.keys(labels).map((key) => `${metricName(key)}="${escapeLabel(labels[key] ?? '')}"`);
  return `${name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${encodeValue(value)}`;
}

const escapeLabel = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function encodeValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return `${value}`;
}
