import type { Clock } from '@steppe/runtime';
import type { RunningTask, TaskUsage } from './task-driver.js';

/** What a task used between two measurements. */
export interface MeasuredUsage {
  /** Resident memory, bytes. */
  readonly memoryBytes: number;
  /** Of one core, so that several make more than 100. */
  readonly cpuPercent: number;
  readonly userPercent: number;
  readonly systemPercent: number;
  /** MHz. */
  readonly cpuMhz: number;
  readonly pids: readonly number[];
  /** Unix milliseconds. */
  readonly timestampMs: number;
}

export interface UsageMeterOptions {
  readonly task: Pick<RunningTask, 'usage'>;
  /** Speed of one core. */
  readonly coreMhz: number;
}

/** Measures what one running task uses; the first measurement counts from the making of the meter. */
export class UsageMeter {
  readonly #options: UsageMeterOptions;
  readonly #clock: Clock;
  #lastMs: number;
  #last: Pick<TaskUsage, 'systemMs' | 'userMs'> | undefined;

  constructor(options: UsageMeterOptions, { clock }: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = clock;
    this.#lastMs = clock.monotonic();
  }

  async measure(): Promise<MeasuredUsage> {
    const { memoryBytes, userMs, systemMs, pids } = await this.#options.task.usage();
    const nowMs = this.#clock.monotonic();
    const passedMs = nowMs - this.#lastMs;
    // CPU time of a process that nobody waited for goes with it, so the sum can shrink.
    const share = (now: number, before: number): number =>
      passedMs > 0 ? (Math.max(0, now - before) / passedMs) * 100 : 0;
    const userPercent = share(userMs, this.#last?.userMs ?? 0);
    const systemPercent = share(systemMs, this.#last?.systemMs ?? 0);
    this.#lastMs = nowMs;
    this.#last = { userMs, systemMs };
    const cpuPercent = userPercent + systemPercent;
    return {
      memoryBytes,
      cpuPercent,
      userPercent,
      systemPercent,
      cpuMhz: (cpuPercent / 100) * this.#options.coreMhz,
      pids,
      timestampMs: this.#clock.now(),
    };
  }
}
