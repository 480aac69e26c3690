import { ContainerModule } from 'inversify';
import { SystemClock } from '../clock/system-clock.js';
import { MetricsRegistry } from '../metrics/metrics-registry.js';
import { SystemRandom } from '../random/random.js';
import { Clock, Metrics, MetricsReader, Random } from './tokens.js';

/** Binds the real clock, real chance and an in-memory metrics registry. `Logger` is bound by `@steppe/log-stream`. */
export const runtimeModule = new ContainerModule(({ bind }) => {
  bind(Clock)
    .toDynamicValue(() => new SystemClock())
    .inSingletonScope();
  bind(Random)
    .toDynamicValue(() => new SystemRandom())
    .inSingletonScope();
  bind(MetricsRegistry)
    .toResolvedValue((clock: Clock) => new MetricsRegistry({ prefix: 'nomad' }, { clock }), [Clock])
    .inSingletonScope();
  bind(Metrics).toService(MetricsRegistry);
  bind(MetricsReader).toService(MetricsRegistry);
});
