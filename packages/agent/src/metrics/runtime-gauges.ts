import type { Clock, Metrics, Phase, Startable, Timer } from '@steppe/runtime';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AGENT_METRICS } from './agent-metrics.js';

/** Reports the process itself: memory, event loop, uptime. Once each interval, and whenever somebody reads metrics. */
export class RuntimeGauges implements Startable {
  readonly name = 'runtime-gauges';
  readonly phase: Phase = 'storage';
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  #ticker: Timer | undefined;
  #startedAt = 0;

  /** @param intervalMs - `telemetry.collection_interval` */
  constructor(options: { readonly intervalMs: number }, deps: { readonly clock: Clock; readonly metrics: Metrics }) {
    this.#intervalMs = options.intervalMs;
    this.#clock = deps.clock;
    this.#metrics = deps.metrics;
  }

  async start(): Promise<void> {
    this.#startedAt = this.#clock.monotonic();
    this.#delay.enable();
    this.#ticker = this.#clock.setTicker(this.#intervalMs, () => this.collect());
  }

  async stop(): Promise<void> {
    this.#ticker?.cancel();
    this.#delay.disable();
  }

  readonly collect = (): void => {
    const { rss, heapUsed, external } = process.memoryUsage();
    this.#metrics.setGauge(AGENT_METRICS.heapUsed, heapUsed);
    this.#metrics.setGauge(AGENT_METRICS.residentSet, rss);
    this.#metrics.setGauge(AGENT_METRICS.external, external);
    this.#metrics.setGauge(AGENT_METRICS.activeResources, process.getActiveResourcesInfo().length);
    this.#metrics.setGauge(AGENT_METRICS.uptime, (this.#clock.monotonic() - this.#startedAt) / 1_000);
    const delay = this.#delay.percentile(99) / 1e9;
    if (Number.isFinite(delay)) this.#metrics.setGauge(AGENT_METRICS.loopDelay, delay);
    this.#delay.reset();
  };
}
