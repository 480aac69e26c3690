import { formatGoDuration, msToNanoseconds } from '@steppe/domain';
import type { RestartPolicy } from '@steppe/domain';
import type { Clock, Random } from '@steppe/runtime';

/** What is to become of a task that ended or could not be started. */
export type RestartDecision =
  | { readonly action: 'restart'; readonly delayMs: number; readonly reason: string }
  /** It has done what it was there for. */
  | { readonly action: 'complete' }
  | { readonly action: 'fail'; readonly reason: string };

export interface RestartTrackerOptions {
  readonly policy: RestartPolicy;
  /** Whether a task that ended well is started again, as services are. */
  readonly onSuccess: boolean;
}

/** Restarts are spread by up to this part of their delay. */
const JITTER = 0.25;

/** Applies the restart policy of one task. It remembers the restarts of the current interval. */
export class RestartTracker {
  readonly #deps: { readonly clock: Clock; readonly random: Random };
  #options: RestartTrackerOptions;
  #count = 0;
  #intervalStartMs: number;

  constructor(options: RestartTrackerOptions, deps: { readonly clock: Clock; readonly random: Random }) {
    this.#options = options;
    this.#deps = deps;
    this.#intervalStartMs = deps.clock.monotonic();
  }

  /** Another policy, of the job's next version; what was counted stays. */
  update(options: RestartTrackerOptions): void {
    this.#options = options;
  }

  /** The task ended: `succeeded` when by itself and well. */
  ended({ succeeded }: { readonly succeeded: boolean }): RestartDecision {
    if (succeeded && !this.#options.onSuccess) return { action: 'complete' };
    return this.#next();
  }

  /** The task could not be started. */
  notStarted({ recoverable }: { readonly recoverable: boolean }): RestartDecision {
    return recoverable ? this.#next() : { action: 'fail', reason: 'Error was unrecoverable' };
  }

  #next(): RestartDecision {
    const { attempts, delayMs, intervalMs, mode } = this.#options.policy;
    if (attempts === 0) return { action: 'fail', reason: 'Policy allows no restarts' };
    const now = this.#deps.clock.monotonic();
    if (now - this.#intervalStartMs > intervalMs) {
      this.#intervalStartMs = now;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count <= attempts) {
      return { action: 'restart', delayMs: this.#spread(delayMs), reason: 'Restart within policy' };
    }
    if (mode === 'delay') {
      const left = this.#intervalStartMs + intervalMs - now;
      return {
        action: 'restart',
        delayMs: left + this.#spread(delayMs) - delayMs,
        reason: 'Exceeded allowed attempts, applying a delay',
      };
    }
    const interval = formatGoDuration(msToNanoseconds(intervalMs));
    return {
      action: 'fail',
      reason: `Exceeded allowed attempts ${attempts} in interval ${interval} and mode is "fail"`,
    };
  }

  #spread(delayMs: number): number {
    return delayMs * (1 + JITTER * this.#deps.random.next());
  }
}
