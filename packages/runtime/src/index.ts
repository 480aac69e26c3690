/**
 * Ports and small machinery every service needs, so that time, chance, logging and lifecycle come from outside.
 * @packageDocumentation
 */
export { sleep } from './clock/clock.js';
export type { Clock, Timer } from './clock/clock.js';
export { SystemClock } from './clock/system-clock.js';
export { Turns } from './clock/turns.js';

export { SystemRandom } from './random/random.js';
export type { Random } from './random/random.js';

export { LOG_LEVELS, parseLogLevel, silentLogger } from './logger/logger.js';
export type { LogFields, Logger, LogLevel, RecordLevel } from './logger/logger.js';

export { noMetrics } from './metrics/metrics.js';
export type {
  AggregateReading,
  CumulativeMetrics,
  CumulativeReading,
  GaugeReading,
  MetricLabels,
  Metrics,
  MetricsReader,
  MetricsReading,
} from './metrics/metrics.js';
export { MetricsRegistry } from './metrics/metrics-registry.js';
export type { MetricsRegistryOptions } from './metrics/metrics-registry.js';

export { PHASES } from './lifecycle/startable.js';
export type { Phase, Startable } from './lifecycle/startable.js';
export { Lifecycle } from './lifecycle/lifecycle.js';
export type { LifecycleDeps, LifecycleOptions } from './lifecycle/lifecycle.js';

export { collectByKey, inOrder } from './contribution/collect.js';
export type { Contribution } from './contribution/collect.js';
