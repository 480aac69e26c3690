import type { AgentConfig } from '@steppe/config';
import type { Logger } from '@steppe/runtime';
import { errorMessage, SCHEDULER_TYPES } from '@steppe/domain';
import type { WorkerPool } from '@steppe/scheduler';
import type { Reloadable } from './reloader.js';

/** Takes over `num_schedulers` and `enabled_schedulers`; values the pool refuses are logged and dropped. */
export class SchedulerReload implements Reloadable {
  readonly name = 'scheduler workers';
  readonly #cpuCount: number;
  readonly #pool: WorkerPool;
  readonly #logger: Logger;

  constructor(options: { readonly cpuCount: number }, deps: { readonly pool: WorkerPool; readonly logger: Logger }) {
    this.#cpuCount = options.cpuCount;
    this.#pool = deps.pool;
    this.#logger = deps.logger;
  }

  async reload({ server }: AgentConfig): Promise<void> {
    try {
      this.#pool.reconfigure(schedulerSettings(server, this.#cpuCount));
    } catch (error) {
      this.#logger.error('received invalid arguments for scheduler pool reload; ignoring', {
        error: errorMessage(error),
      });
    }
  }
}

/** The pool a configuration asks for: by default one worker per CPU for every type; `_core` is always among them. */
export function schedulerSettings(
  { numSchedulers, enabledSchedulers }: AgentConfig['server'],
  cpuCount: number,
): { readonly numSchedulers: number; readonly enabledSchedulers: readonly string[] } {
  const types = enabledSchedulers.length === 0 ? SCHEDULER_TYPES : enabledSchedulers;
  return { numSchedulers: numSchedulers ?? cpuCount, enabledSchedulers: [...new Set([...types, '_core'])] };
}
