import { errorMessage } from '@steppe/domain';
import type { Clock, Logger } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { FileSystemUsage } from '../host/file-systems.js';

export interface GarbageCollectorOptions {
  /** `client.gc_interval`: how often it looks, milliseconds; 0: never. */
  readonly intervalMs: number;
  /** `client.gc_disk_usage_threshold`: beyond this many percent it collects. */
  readonly maxDiskPercent: number;
  /** `client.gc_inode_usage_threshold`. */
  readonly maxInodePercent: number;
}

export interface GarbageCollectorDeps {
  /** How full it is where allocations have their folders. */
  readonly usage: () => Promise<Pick<FileSystemUsage, 'usedPercent' | 'inodesUsedPercent'>>;
  /** Removes the allocation that has been over for the longest; resolves with whether there was one. */
  readonly collectOldest: () => Promise<boolean>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Removes what is left of allocations that have ended when the disk gets full, the oldest first, until it is not. */
export class GarbageCollector {
  readonly #options: GarbageCollectorOptions;
  readonly #deps: GarbageCollectorDeps;

  constructor(options: GarbageCollectorOptions, deps: GarbageCollectorDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Looks now and then until the signal aborts. Never rejects. */
  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { clock, logger } = this.#deps;
    const { intervalMs } = this.#options;
    if (intervalMs <= 0) return;
    for (;;) {
      try {
        await sleep(clock, intervalMs, { signal });
      } catch {
        return;
      }
      try {
        await this.#look(signal);
      } catch (error) {
        logger.warn('what allocations have left on the disk cannot be measured', { error: errorMessage(error) });
      }
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { collectOldest, logger, usage } = this.#deps;
    const { maxDiskPercent, maxInodePercent } = this.#options;
    while (!signal.aborted) {
      const { usedPercent, inodesUsedPercent } = await usage();
      if (usedPercent <= maxDiskPercent && inodesUsedPercent <= maxInodePercent) return;
      if (!(await collectOldest())) return;
      logger.info('allocation collected: the disk is too full', {
        used_percent: Math.round(usedPercent),
        inodes_used_percent: Math.round(inodesUsedPercent),
      });
    }
  }
}
