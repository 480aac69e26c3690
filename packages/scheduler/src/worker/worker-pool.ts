import { isSchedulerType } from '@steppe/domain';
import type { Clock, Logger, Metrics, Phase, Random, Startable } from '@steppe/runtime';
import { collectByKey } from '@steppe/runtime';
import type { EvalSource } from '../broker/eval-source.js';
import { configInvalid, schedulerError } from '../errors.js';
import type { SchedulingLink } from './planner.js';
import type { SchedulerContribution } from './scheduler-contribution.js';
import { SchedulerWorker } from './scheduler-worker.js';
import type { WorkerStatus, WorkloadStatus } from './scheduler-worker.js';

/** How many workers there are, and what they take. */
export interface WorkerPoolConfig {
  readonly numSchedulers: number;
  readonly enabledSchedulers: readonly string[];
}

/** One worker at a moment. */
export interface WorkerInfo {
  readonly id: string;
  /** Sorted. */
  readonly enabledSchedulers: readonly string[];
  /** Unix milliseconds. */
  readonly startedMs: number;
  readonly status: WorkerStatus;
  readonly workloadStatus: WorkloadStatus;
}

/** The scheduler workers of one server. */
export interface WorkerPool {
  /** The current workers; those that are still winding down are not among them. */
  workers(): readonly WorkerInfo[];
  /** The configuration in force; the list sorted. */
  configuration(): WorkerPoolConfig;
  /**
   * Replaces the workers when the configuration differs; the lists are compared as sets. No evaluation is lost: workers
   * that are replaced finish what they have.
   * @throws SCHEDULER_CONFIG_INVALID
   */
  reconfigure(config: WorkerPoolConfig): void;
  /** On the leader three of four workers pause, to leave room for its broker and plan applier. */
  setLeading(isLeading: boolean): void;
}

export interface WorkerPoolOptions extends WorkerPoolConfig {
  /** Most workers there may be. */
  readonly cpuCount: number;
}

export interface WorkerPoolDeps {
  readonly source: EvalSource;
  /** Without one every evaluation is handed back, with an error that says so. */
  readonly link?: SchedulingLink | undefined;
  readonly schedulers: readonly SchedulerContribution[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const CORE = '_core';

const noLink = (): Promise<never> => Promise.reject(schedulerError('NO_SCHEDULING_LINK'));
const NO_LINK: SchedulingLink = {
  stateAt: noLink,
  submitPlan: noLink,
  updateEval: noLink,
  createEval: noLink,
  reblockEval: noLink,
};

export class WorkerPoolImpl implements WorkerPool, Startable {
  readonly name = 'scheduler-workers';
  readonly phase: Phase = 'work';
  readonly #cpuCount: number;
  readonly #deps: WorkerPoolDeps;
  readonly #schedulers: ReadonlyMap<string, SchedulerContribution>;
  readonly #loops = new Set<Promise<void>>();
  #config: WorkerPoolConfig;
  #workers: readonly SchedulerWorker[] = [];
  readonly #shutdown = new AbortController();
  #running = false;
  #leading = false;

  /** @throws SCHEDULER_CONFIG_INVALID */
  constructor({ cpuCount, numSchedulers, enabledSchedulers }: WorkerPoolOptions, deps: WorkerPoolDeps) {
    this.#cpuCount = cpuCount;
    this.#deps = deps;
    this.#schedulers = collectByKey('SchedulerContribution', deps.schedulers, ({ type }) => type);
    this.#config = this.#validated({ numSchedulers, enabledSchedulers: [...enabledSchedulers, CORE] });
  }

  async start(): Promise<void> {
    this.#running = true;
    this.#startWorkers();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#shutdown.abort(new Error('the server is stopping'));
    for (const worker of this.#workers) worker.stop();
    await Promise.all(this.#loops);
  }

  workers(): readonly WorkerInfo[] {
    return this.#workers.map(({ id, enabledSchedulers, startedMs, status, workloadStatus }) => ({
      id,
      enabledSchedulers,
      startedMs,
      status,
      workloadStatus,
    }));
  }

  configuration(): WorkerPoolConfig {
    return this.#config;
  }

  reconfigure(config: WorkerPoolConfig): void {
    const next = this.#validated(config);
    if (isSame(next, this.#config)) return;
    this.#config = next;
    if (!this.#running) return;
    const replaced = this.#workers;
    this.#startWorkers();
    for (const worker of replaced) worker.stop();
  }

  setLeading(isLeading: boolean): void {
    this.#leading = isLeading;
    for (const worker of this.#pausable()) {
      if (isLeading) worker.pause();
      else worker.resume();
    }
  }

  #startWorkers(): void {
    const { numSchedulers, enabledSchedulers } = this.#config;
    if (numSchedulers === 0) this.#deps.logger.warn('no enabled schedulers');
    this.#workers = Array.from({ length: numSchedulers }, () => {
      const options = { id: this.#deps.random.uuid(), enabledSchedulers };
      return new SchedulerWorker(options, {
        ...this.#deps,
        link: this.#deps.link ?? NO_LINK,
        schedulers: this.#schedulers,
        shutdown: this.#shutdown.signal,
      });
    });
    if (this.#leading) for (const worker of this.#pausable()) worker.pause();
    for (const worker of this.#workers) {
      const loop = worker.run().finally(() => this.#loops.delete(loop));
      this.#loops.add(loop);
    }
  }

  /** The first three quarters, rounded down; a pool of one keeps its only worker. */
  #pausable(): readonly SchedulerWorker[] {
    const { length } = this.#workers;
    return length <= 1 ? [] : this.#workers.slice(0, Math.floor((3 * length) / 4));
  }

  #validated({ numSchedulers, enabledSchedulers }: WorkerPoolConfig): WorkerPoolConfig {
    const inRange = Number.isInteger(numSchedulers) && numSchedulers >= 0 && numSchedulers <= this.#cpuCount;
    if (!inRange) {
      throw configInvalid(
        'num_schedulers',
        `number of schedulers should be between 0 and ${this.#cpuCount}, got ${numSchedulers}`,
      );
    }
    if (!enabledSchedulers.includes(CORE)) {
      throw configInvalid('enabled_schedulers', `invalid configuration: "${CORE}" scheduler not enabled`);
    }
    const unknown = enabledSchedulers.find((name) => !isSchedulerType(name));
    if (unknown !== undefined) {
      throw configInvalid(
        'enabled_schedulers',
        `invalid configuration: unknown scheduler "${unknown}" in enabled schedulers`,
      );
    }
    return { numSchedulers, enabledSchedulers: Object.freeze([...new Set(enabledSchedulers)].toSorted()) };
  }
}

const isSame = (a: WorkerPoolConfig, b: WorkerPoolConfig): boolean =>
  a.numSchedulers === b.numSchedulers && a.enabledSchedulers.join() === b.enabledSchedulers.join();
