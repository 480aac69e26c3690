import { errorMessage, isSteppeError } from '@steppe/domain';
import type { Clock, Logger, Metrics } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { Delivery, EvalSource } from '../broker/eval-source.js';
import { SCHEDULER_METRICS } from '../metrics.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import { DeliveryPlanner } from './delivery-planner.js';
import type { SchedulingLink } from './planner.js';
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
  readonly link: SchedulingLink;
  /** Aborts when the whole server stops: then not even what has begun is finished. */
  readonly shutdown: AbortSignal;
  readonly schedulers: ReadonlyMap<string, SchedulerContribution>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const DEQUEUE_TIMEOUT_MS = 500;
const BACKOFF_BASE_MS = 20;
const BACKOFF_LIMIT_MS = 10_000;
/** While servers are replaced by newer ones. */
const VERSION_BACKOFF_MS = 30_000;
const VERSION_MISMATCH = 'calling scheduler version';
/** A server that has just started may have to find the leader first: nothing to worry anybody with. */
const SILENCE_MS = 10_000;
/** How long the local state may take to reach what an evaluation needs. */
const STATE_TIMEOUT_MS = 5_000;
/** After that somebody else gets the evaluation, and this worker waits until its server has caught up. */
const CATCH_UP_TIMEOUT_MS = 50_000;

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
  readonly #startedAt: number;
  #wake: (() => void) | undefined;
  /** Ends what it waits for with nothing in its hands. */
  #idling: AbortController | undefined;
  /** Index that the state did not reach in time; 0 when it did. */
  #behind = 0;

  constructor(options: SchedulerWorkerOptions, deps: SchedulerWorkerDeps) {
    this.id = options.id;
    this.enabledSchedulers = options.enabledSchedulers;
    this.#deps = deps;
    this.startedMs = deps.clock.now();
    this.#startedAt = deps.clock.monotonic();
  }

  get status(): WorkerStatus {
    return this.#status;
  }

  get workloadStatus(): WorkloadStatus {
    return this.#workload;
  }

  /** Takes effect when the worker has nothing in its hands. */
  pause(): void {
    if (this.#status !== 'Starting' && this.#status !== 'Started' && this.#status !== 'Resuming') return;
    this.#status = 'Pausing';
    this.#idling?.abort();
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
    this.#idling?.abort();
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
    this.#workload = this.#workloadBeforePause;
    // It may have been told to pause again, or to stop.
    if (this.status === 'Resuming') this.#status = 'Started';
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
    if (this.#behind > 0) await this.#catchUp();
    return 0;
  }

  async #process(delivery: Delivery): Promise<void> {
    const { evaluation, token } = delivery;
    const { metrics, clock } = this.#deps;
    const labels = { type: evaluation.type };
    metrics.incrCounter(SCHEDULER_METRICS.dequeued, 1, labels);
    const startedMs = clock.monotonic();
    const isDone = await this.#schedule(delivery);
    metrics.addSample(SCHEDULER_METRICS.invoke, clock.monotonic() - startedMs, labels);
    metrics.incrCounter(isDone ? SCHEDULER_METRICS.acked : SCHEDULER_METRICS.nacked, 1, labels);
    try {
      await this.#deps.source[isDone ? 'ack' : 'nack'](evaluation.id, token);
    } catch (error) {
      // It was too late: somebody else has the evaluation by now.
      const message = isDone ? 'failed to ack evaluation' : 'failed to nack evaluation';
      this.#deps.logger.warn(message, { eval_id: evaluation.id, error: errorMessage(error) });
    }
  }

  /** @returns whether the evaluation is done */
  async #schedule({ evaluation, token, waitIndex }: Delivery): Promise<boolean> {
    const { schedulers, link, logger, metrics, clock, shutdown } = this.#deps;
    const { signal } = this.#stopping;
    if (shutdown.aborted) return false;
    this.#workload = 'WaitingForRaft';
    let state: SchedulingState;
    try {
      state = await link.stateAt(waitIndex, { timeoutMs: STATE_TIMEOUT_MS, signal });
    } catch (error) {
      if (signal.aborted) return false;
      logger.error('state is behind', { eval_id: evaluation.id, index: waitIndex, error: errorMessage(error) });
      if (isSteppeError(error, 'STATE_BEHIND')) this.#behind = waitIndex;
      return false;
    }
    this.#workload = 'Scheduling';
    try {
      const scheduler = schedulers.get(evaluation.type);
      if (scheduler === undefined) throw new Error(`no scheduler for evaluations of type ${evaluation.type}`);
      // What has begun is finished: stopping only keeps the worker from taking more.
      const planner = new DeliveryPlanner(
        { evaluation, token, state },
        { link, clock, signal: shutdown, onDidRetry: (isWaiting) => this.#retried(isWaiting) },
      );
      await scheduler.process(evaluation, planner, { signal: shutdown });
      return true;
    } catch (error) {
      logger.error('failed to process evaluation', { eval_id: evaluation.id, error: errorMessage(error) });
      metrics.incrCounter(SCHEDULER_METRICS.failed, 1, { type: evaluation.type });
      return false;
    }
  }

  /** Waits until this server's state has what the last evaluation asked for in vain. */
  async #catchUp(): Promise<void> {
    const index = this.#behind;
    this.#behind = 0;
    await this.#idle((signal) => this.#deps.link.stateAt(index, { timeoutMs: CATCH_UP_TIMEOUT_MS, signal }));
  }

  /** Waits with nothing in its hands, until that is over or the worker is to pause or to stop; the loop sees which. */
  async #idle(wait: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    if (this.#status === 'Pausing' || this.#status === 'Stopping') return;
    this.#idling = new AbortController();
    await wait(this.#idling.signal).catch(() => undefined);
    this.#idling = undefined;
  }

  #retried(isWaiting: boolean): void {
    this.#workload = isWaiting ? 'Backoff' : 'Scheduling';
  }

  async #backOff(failures: number, error: unknown): Promise<void> {
    // The broker may have ended before it.
    if (this.#status === 'Stopping') return;
    this.#workload = 'Backoff';
    const text = errorMessage(error);
    if (this.#deps.clock.monotonic() - this.#startedAt >= SILENCE_MS) {
      this.#deps.logger.error('failed to dequeue evaluation', { error: text });
    }
    const delay = text.includes(VERSION_MISMATCH)
      ? VERSION_BACKOFF_MS
      : Math.min(BACKOFF_BASE_MS * 2 ** failures, BACKOFF_LIMIT_MS);
    await this.#idle((signal) => sleep(this.#deps.clock, delay, { signal }));
  }
}
