import type { HealthCheck as HealthCheckType, HealthResult } from '@steppe/agent';
import { HEALTHY } from '@steppe/agent';
import { HealthCheck } from '@steppe/agent/di';
import { ContainerModule } from 'inversify';

/** Makes the server role unhealthy while the process uses more memory than it may. */
class MemoryCheck implements HealthCheckType {
  readonly name = 'memory';
  readonly role = 'server';
  readonly #limitBytes: number;

  constructor(options: { readonly limitBytes: number }) {
    this.#limitBytes = options.limitBytes;
  }

  check(): HealthResult {
    const { rss } = process.memoryUsage();
    return rss <= this.#limitBytes
      ? HEALTHY
      : { ok: false, message: `memory: ${rss} of ${this.#limitBytes} bytes used` };
  }
}

export const memoryCheckModule = (limitBytes: number): ContainerModule =>
  new ContainerModule(({ bind }) => {
    bind(HealthCheck).toResolvedValue(() => new MemoryCheck({ limitBytes }), []);
  });
