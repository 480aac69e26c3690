import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Metrics } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { Delivery, EvalSource } from '../broker/evaluation.js';
import { SCHEDULER_METRICS } from '../metrics.js';
import type { SchedulerContribution } from './scheduler-contribution.js';

/** Where a worker is in its life, in Nomad's words. */
export type WorkerStatus = 'Starting' | 'Started' | 'Pausing' | 'Paused' | 'Resuming' | 'Stopping' | 'Stopped';

/** What a worker is doing, in Nomad's words. */
export type WorkloadStatus =
  | 'UnknownStatus'
  | 'Running'
  | 'WaitingToDequeue'
  | 'WaitingForRaft'
  | 'Scheduling'
  | 'Backoff'
  | 'Stopped'
  | 'Paused';

export interface SchedulerWorkerOptions {
  /** UUID, new for every worker. */
  readonly id: string;
  /** Types of evaluations it takes. */
  readonly enabledSchedulers: readonly string[];
}

export interface SchedulerWorkerDeps {
  readonly source: EvalSource;
  readonly schedulers: ReadonlyMap<string, SchedulerContribution>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const DEQUEUE_TIMEOUT_MS = 500;
const BACKOFF_BASE_MS = 20;
const BACKOFF_LIMIT_MS = 10_000;

/**
 * One loop: take an evaluation, have its scheduler process it, report back. Pausing and stopping take effect between
 * evaluations, so that none is lost.
 * @see spec "Status values" and "The worker loop" of scheduling
 */
export class SchedulerWorker {
  readonly id: string;
  readonly enabledSchedulers: readonly string[];
  /** Unix milliseconds. */
  readonly startedMs: number;
  readonly #deps: SchedulerWorkerDeps;
  readonly #stopping = new AbortController();
  #status: WorkerStatus = 'Starting';
  #workload: WorkloadStatus = 'UnknownStatus';
  #workloadBeforePause: WorkloadStatus = 'Running';
  #wake: (() => void) | undefined;

  constructor(options: SchedulerWorkerOptions, deps: SchedulerWorkerDeps) {
    this.id = options.id;
    this.enabledSchedulers = options.enabledSchedulers;
    this.#deps = deps;
    this.startedMs = deps.clock.now();
  }

  get status(): WorkerStatus {
    return this.#status;
  }

  get workloadStatus(): WorkloadStatus {
    return this.#workload;
  }

  /** Takes effect when the worker has nothing in its hands. */
  pause(): void {
    if (this.#status === 'Starting' || this.#status === 'Started' || this.#status === 'Resuming')
      this.#status = 'Pausing';
  }

  /** Differs from Nomad: a pause that has not taken effect yet is cancelled, rather than kept for ever. */
  resume(): void {
    if (this.#status === 'Pausing') this.#status = 'Started';
    if (this.#status !== 'Paused') return;
    this.#status = 'Resuming';
    this.#wake?.();
  }

  /** Takes no more evaluations; the one in its hands is finished. */
  stop(): void {
    if (this.#status === 'Stopped' || this.#status === 'Stopping') return;
    this.#status = 'Stopping';
    this.#stopping.abort(new Error('the worker is stopping'));
    this.#wake?.();
  }

  /** Runs until stopped. Never rejects. */
  async run(): Promise<void> {
    if (this.#status === 'Starting') this.#status = 'Started';
    this.#workload = 'Running';
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      if (this.#status === 'Pausing') await this.#pauseHere();
      else failures = await this.#runOnce(failures);
    }
    this.#status = 'Stopped';
    this.#workload = 'Stopped';
  }

  async #pauseHere(): Promise<void> {
    this.#workloadBeforePause = this.#workload;
    this.#status = 'Paused';
    this.#workload = 'Paused';
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
    if (this.#stopping.signal.aborted) return;
    this.#status = 'Started';
    this.#workload = this.#workloadBeforePause;
  }

  /** @returns how often in a row dequeuing has failed */
  async #runOnce(failures: number): Promise<number> {
    const { signal } = this.#stopping;
    this.#workload = 'WaitingToDequeue';
    let delivery: Delivery | undefined;
    try {
      delivery = await this.#deps.source.dequeue(this.enabledSchedulers, { timeoutMs: DEQUEUE_TIMEOUT_MS, signal });
    } catch (error) {
      await this.#backOff(failures, error);
      return failures + 1;
    }
    if (delivery !== undefined) await this.#process(delivery);
    return 0;
  }

  async #process({ evaluation, token }: Delivery): Promise<void> {
    const { source, schedulers, logger, metrics } = this.#deps;
    this.#workload = 'Scheduling';
    try {
      const scheduler = schedulers.get(evaluation.type);
      if (scheduler === undefined) throw new Error(`no scheduler for evaluations of type ${evaluation.type}`);
      await scheduler.process(evaluation, { signal: this.#stopping.signal });
    } catch (error) {
      logger.error('failed to process evaluation', { eval_id: evaluation.id, error: errorMessage(error) });
      metrics.incrCounter(SCHEDULER_METRICS.failed, 1, { type: evaluation.type });
      await source.nack(evaluation.id, token);
      return;
    }
    await source.ack(evaluation.id, token);
  }

  async #backOff(failures: number, error: unknown): Promise<void> {
    this.#workload = 'Backoff';
    this.#deps.logger.error('failed to dequeue evaluation', { error: errorMessage(error) });
    const delay = Math.min(BACKOFF_BASE_MS * 2 ** failures, BACKOFF_LIMIT_MS);
    // Stopping ends the delay, which then rejects; the loop sees it by itself.
    await sleep(this.#deps.clock, delay, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
