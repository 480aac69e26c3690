import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../clock/clock.js';
import { SystemClock } from '../clock/system-clock.js';
import { MetricsRegistry } from './metrics-registry.js';

function registryAt(time: { ms: number }, options = {}) {
  const clock: Clock = Object.assign(new SystemClock(), { now: () => time.ms });
  return new MetricsRegistry({ prefix: 'nomad', ...options }, { clock });
}

describe('MetricsRegistry', () => {
  test('shows the running interval only while there is no complete one', () => {
    const time = { ms: 100_000 };
    const registry = registryAt(time);
    registry.incrCounter('rpc.request');
    expect(registry.latest()).toMatchObject({ startMs: 100_000, counters: [{ name: 'nomad.rpc.request', count: 1 }] });
    time.ms = 110_000;
    registry.incrCounter('rpc.request', 5);
    expect(registry.latest()).toMatchObject({ startMs: 100_000, counters: [{ sum: 1 }] });
    time.ms = 120_000;
    expect(registry.latest()).toMatchObject({ startMs: 110_000, counters: [{ sum: 5 }] });
  });

  test('aggregates samples and separates labels', () => {
    const registry = registryAt({ ms: 0 });
    for (const value of [2, 4, 4, 4, 5, 5, 7, 9]) registry.addSample('latency_seconds', value, { route: 'a' });
    registry.addSample('latency_seconds', 1, { route: 'b' });
    const [a, b] = registry.latest().samples;
    expect(a).toMatchObject({ labels: { route: 'a' }, count: 8, sum: 40, min: 2, max: 9, mean: 5, rate: 4 });
    expect(a?.stddev).toBeCloseTo(2.138, 3);
    expect(b).toMatchObject({ labels: { route: 'b' }, count: 1, stddev: 0 });
  });

  test('gauges keep the last value and carry the host name in their name', () => {
    const registry = registryAt({ ms: 0 }, { gaugePrefix: 'host1' });
    registry.setGauge('runtime.alloc_bytes', 1);
    registry.setGauge('runtime.alloc_bytes', 2);
    expect(registry.latest().gauges).toEqual([{ name: 'nomad.host1.runtime.alloc_bytes', labels: {}, value: 2 }]);
  });

  test('totals go on across intervals', () => {
    const time = { ms: 0 };
    const registry = registryAt(time);
    for (let i = 0; i < 100; i += 1) {
      registry.incrCounter('c', 2);
      time.ms += 10_000;
    }
    expect(registry.cumulative().counters).toEqual([{ name: 'nomad.c', labels: {}, count: 100, sum: 200 }]);
  });

  test('series beyond the limit are dropped, known ones still count', () => {
    const registry = registryAt({ ms: 0 }, { maxSeries: 2 });
    for (const id of ['1', '2', '3', '1']) registry.incrCounter('c', 1, { id });
    expect(registry.cumulative().counters.map(({ labels, count }) => [labels['id'], count])).toEqual([
      ['1', 2],
      ['2', 1],
    ]);
  });
});
