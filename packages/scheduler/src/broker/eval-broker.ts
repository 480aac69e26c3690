import type { Evaluation } from '@steppe/domain';
import type { Clock, Random, Timer } from '@steppe/runtime';
import { schedulerError } from '../errors.js';
import { DelayQueue } from './delay-queue.js';
import type { Delivery, DequeueOptions, EvalSource } from './eval-source.js';
import { PriorityHeap } from './priority-heap.js';

export interface EvalBrokerOptions {
  /** How long a worker may keep an evaluation, milliseconds; default 60 000. */
  readonly nackTimeoutMs?: number;
  /** Deliveries after which an evaluation moves to {@link FAILED_QUEUE}; default 3. */
  readonly deliveryLimit?: number;
  /** Wait before the second delivery, milliseconds; default 1 000. */
  readonly initialNackDelayMs?: number;
  /** Wait before later ones, times the deliveries beyond the first; default 20 000. */
  readonly subsequentNackDelayMs?: number;
}

export interface EvalBrokerDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Greatest modify index of any evaluation of a job; default: none is known. */
  readonly jobEvalIndex?: (namespace: string, jobId: string) => number;
}

/** How much is where. */
export interface BrokerStats {
  readonly ready: number;
  readonly unacked: number;
  readonly pending: number;
  readonly waiting: number;
  readonly cancelable: number;
  readonly byType: ReadonlyMap<string, { readonly ready: number; readonly unacked: number }>;
}

/** Type under which evaluations that no worker could do are dequeued. */
export const FAILED_QUEUE = '_failed';

interface Unacked {
  readonly evaluation: Evaluation;
  readonly token: string;
  readonly queue: string;
  timer: Timer | undefined;
}

interface Waiter {
  readonly types: readonly string[];
  readonly finish: (delivery: Delivery | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Evaluations waiting for workers, in the leader's memory. Of each job at most one is ready or with a worker; the others are
 * pending until that one is acked, and then only the best of them goes on.
 *
 * An evaluation is ready, unacked, pending, waiting or cancelable, and in one of these only.
 * @see spec "Broker: rules" of scheduling
 */
export class EvalBroker implements EvalSource {
  readonly #options: Required<EvalBrokerOptions>;
  readonly #deps: EvalBrokerDeps;
  /** By type. */
  readonly #ready = new Map<string, PriorityHeap<Evaluation>>();
  readonly #unacked = new Map<string, Unacked>();
  /** Deliveries so far of every evaluation that is known and not cancelable, by id. */
  readonly #deliveries = new Map<string, number>();
  /** Id of the evaluation that has a job's slot, by job. */
  readonly #slots = new Map<string, string>();
  readonly #pending = new Map<string, PriorityHeap<Evaluation>>();
  /** Asked for by the holder of a token, for when it is done. By token. */
  readonly #requeued = new Map<string, Evaluation>();
  readonly #waiting: DelayQueue<{ readonly evaluation: Evaluation; readonly queue: string | undefined }>;
  readonly #waiters = new Set<Waiter>();
  readonly #onDidEnable = new Set<() => void>();
  readonly #onDidOvertake = new Set<() => void>();
  #cancelable: Evaluation[] = [];
  #pendingCount = 0;
  #enabled = false;

  /** @throws RangeError for a negative timeout */
  constructor(options: EvalBrokerOptions, deps: EvalBrokerDeps) {
    this.#options = {
      nackTimeoutMs: 60_000,
      deliveryLimit: 3,
      initialNackDelayMs: 1_000,
      subsequentNackDelayMs: 20_000,
      ...options,
    };
    if (this.#options.nackTimeoutMs < 0) throw new RangeError('timeout cannot be negative');
    this.#deps = deps;
    this.#waiting = new DelayQueue({
      clock: deps.clock,
      onDue: ({ evaluation, queue }) => {
        // After a nack it still has its job's slot; a delayed one has yet to ask for it.
        if (queue === undefined) this.#admit(evaluation);
        else this.#makeReady(evaluation, queue);
      },
    });
  }

  get isEnabled(): boolean {
    return this.#enabled;
  }

  /** Only the leader's broker is enabled. Disabling drops everything; who waits is told. */
  setEnabled(enabled: boolean): void {
    if (this.#enabled && !enabled) this.#flush();
    this.#enabled = enabled;
    if (enabled) this.#onDidEnable.forEach((listener) => listener());
  }

  /** @returns how to stop listening */
  onDidEnable(listener: () => void): () => void {
    return listen(this.#onDidEnable, listener);
  }

  /** Evaluations have become cancelable. @returns how to stop listening */
  onDidOvertake(listener: () => void): () => void {
    return listen(this.#onDidOvertake, listener);
  }

  /**
   * Adds an evaluation. One that is known already changes nothing, unless `token` is that of its running delivery: then it is
   * added once that is acked, and forgotten when it is nacked. While disabled, nothing happens.
   */
  enqueue(evaluation: Evaluation, token = ''): void {
    if (!this.#enabled) return;
    if (this.#deliveries.has(evaluation.id)) {
      if (token !== '' && this.#unacked.get(evaluation.id)?.token === token) this.#requeued.set(token, evaluation);
      return;
    }
    this.#deliveries.set(evaluation.id, 0);
    const now = this.#deps.clock.now();
    const dueMs = evaluation.waitMs > 0 ? now + evaluation.waitMs : evaluation.waitUntilMs;
    if (dueMs > now) this.#waiting.push({ evaluation, queue: undefined }, dueMs);
    else this.#admit(evaluation);
  }

  /** @param options.timeoutMs - not above 0: for ever */
  dequeue(types: readonly string[], { timeoutMs, signal }: DequeueOptions): Promise<Delivery | undefined> {
    if (!this.#enabled) return Promise.reject(schedulerError('BROKER_DISABLED'));
    if (signal.aborted) return Promise.resolve(undefined);
    const best = this.#takeBest(types);
    if (best !== undefined) return Promise.resolve(this.#deliver(best.evaluation, best.queue));
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        timer?.cancel();
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', giveUp);
      };
      const waiter: Waiter = {
        types,
        finish: (delivery) => {
          leave();
          resolve(delivery);
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      const giveUp = (): void => waiter.finish(undefined);
      const timer = timeoutMs > 0 ? this.#deps.clock.setTimer(timeoutMs, giveUp) : undefined;
      this.#waiters.add(waiter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  async ack(evalId: string, token: string): Promise<void> {
    const { evaluation } = this.#release(evalId, token);
    this.#deliveries.delete(evalId);
    const job = jobKey(evaluation);
    this.#slots.delete(job);
    this.#promote(job);
    const requeued = this.#requeued.get(token);
    this.#requeued.delete(token);
    if (requeued !== undefined) this.enqueue(requeued);
  }

  async nack(evalId: string, token: string): Promise<void> {
    const { evaluation } = this.#release(evalId, token);
    this.#requeued.delete(token);
    const deliveries = this.#deliveries.get(evalId) ?? 0;
    const { deliveryLimit, initialNackDelayMs, subsequentNackDelayMs } = this.#options;
    if (deliveries >= deliveryLimit) {
      this.#makeReady(evaluation, FAILED_QUEUE);
      return;
    }
    const delayMs = deliveries <= 1 ? initialNackDelayMs : (deliveries - 1) * subsequentNackDelayMs;
    this.#waiting.push({ evaluation, queue: evaluation.type }, this.#deps.clock.now() + delayMs);
  }

  /** Token of an evaluation's running delivery; `undefined` when it is with nobody. */
  outstanding(evalId: string): string | undefined {
    return this.#unacked.get(evalId)?.token;
  }

  /** Gives the holder the full time again. @throws EVAL_NOT_OUTSTANDING, EVAL_TOKEN_MISMATCH */
  resetNackTimer(evalId: string, token: string): void {
    this.#arm(this.#held(evalId, token));
  }

  /** The holder waits for somebody else: its time stands still. @throws as {@link resetNackTimer} */
  pauseNackTimer(evalId: string, token: string): void {
    const held = this.#held(evalId, token);
    held.timer?.cancel();
    held.timer = undefined;
  }

  /** Takes up to so many of the evaluations that newer ones have made pointless. */
  takeCancelable(count: number): readonly Evaluation[] {
    const taken = this.#cancelable.slice(0, count);
    this.#cancelable = this.#cancelable.slice(count);
    return taken;
  }

  stats(): BrokerStats {
    const byType = new Map<string, { ready: number; unacked: number }>();
    const of = (type: string) => {
      const counts = byType.get(type) ?? { ready: 0, unacked: 0 };
      byType.set(type, counts);
      return counts;
    };
    let ready = 0;
    for (const [type, heap] of this.#ready) {
      of(type).ready = heap.size;
      ready += heap.size;
    }
    for (const { queue } of this.#unacked.values()) of(queue).unacked += 1;
    return {
      ready,
      unacked: this.#unacked.size,
      pending: this.#pendingCount,
      waiting: this.#waiting.size,
      cancelable: this.#cancelable.length,
      byType,
    };
  }

  #flush(): void {
    for (const { timer } of this.#unacked.values()) timer?.cancel();
    for (const waiter of this.#waiters) waiter.fail(schedulerError('BROKER_DISABLED'));
    for (const held of [this.#ready, this.#unacked, this.#deliveries, this.#slots, this.#pending, this.#requeued]) {
      held.clear();
    }
    this.#waiting.clear();
    this.#cancelable = [];
    this.#pendingCount = 0;
  }

  /** Lets an evaluation ask for its job's slot. */
  #admit(evaluation: Evaluation): void {
    const job = jobKey(evaluation);
    if (this.#slots.has(job)) {
      let heap = this.#pending.get(job);
      if (heap === undefined) this.#pending.set(job, (heap = new PriorityHeap(isBetterPending)));
      heap.push(evaluation);
      this.#pendingCount += 1;
      return;
    }
    this.#slots.set(job, evaluation.id);
    this.#makeReady(evaluation, evaluation.type);
  }

  /** The best that waits for a job's slot gets it; the others have been overtaken. */
  #promote(job: string): void {
    const heap = this.#pending.get(job);
    const best = heap?.pop();
    if (heap === undefined || best === undefined) return;
    this.#pending.delete(job);
    this.#pendingCount -= heap.size + 1;
    for (const overtaken of heap.values()) {
      this.#deliveries.delete(overtaken.id);
      this.#cancelable.push(overtaken);
    }
    if (heap.size > 0) for (const listener of this.#onDidOvertake) listener();
    this.#admit(best);
  }

  #makeReady(evaluation: Evaluation, queue: string): void {
    for (const waiter of this.#waiters) {
      if (!waiter.types.includes(queue)) continue;
      waiter.finish(this.#deliver(evaluation, queue));
      return;
    }
    let heap = this.#ready.get(queue);
    if (heap === undefined) this.#ready.set(queue, (heap = new PriorityHeap(isBetterReady)));
    heap.push(evaluation);
  }

  /** The queue whose head has the highest priority; of several one by chance, so that none starves. */
  #takeBest(types: readonly string[]): { readonly evaluation: Evaluation; readonly queue: string } | undefined {
    let best: string[] = [];
    let priority = Number.NEGATIVE_INFINITY;
    for (const type of types) {
      const head = this.#ready.get(type)?.peek();
      if (head === undefined || head.priority < priority) continue;
      if (head.priority > priority) best = [];
      priority = head.priority;
      best.push(type);
    }
    const queue = best.length > 1 ? best[Math.floor(this.#deps.random.next() * best.length)] : best[0];
    const evaluation = queue === undefined ? undefined : this.#ready.get(queue)?.pop();
    return queue === undefined || evaluation === undefined ? undefined : { evaluation, queue };
  }

  #deliver(evaluation: Evaluation, queue: string): Delivery {
    const token = this.#deps.random.uuid();
    const unacked: Unacked = { evaluation, token, queue, timer: undefined };
    this.#unacked.set(evaluation.id, unacked);
    this.#deliveries.set(evaluation.id, (this.#deliveries.get(evaluation.id) ?? 0) + 1);
    this.#arm(unacked);
    const jobIndex = this.#deps.jobEvalIndex?.(evaluation.namespace, evaluation.jobId) ?? 0;
    return { evaluation, token, waitIndex: Math.max(evaluation.modifyIndex, jobIndex) };
  }

  #arm(unacked: Unacked): void {
    unacked.timer?.cancel();
    unacked.timer = this.#deps.clock.setTimer(this.#options.nackTimeoutMs, () => {
      void this.nack(unacked.evaluation.id, unacked.token);
    });
  }

  /** Ends a delivery. @throws EVAL_NOT_FOUND, EVAL_TOKEN_MISMATCH */
  #release(evalId: string, token: string): Unacked {
    const unacked = this.#unacked.get(evalId);
    if (unacked === undefined) throw schedulerError('EVAL_NOT_FOUND');
    if (unacked.token !== token) throw schedulerError('EVAL_TOKEN_MISMATCH', 'Token does not match for Evaluation ID');
    unacked.timer?.cancel();
    this.#unacked.delete(evalId);
    return unacked;
  }

  #held(evalId: string, token: string): Unacked {
    const unacked = this.#unacked.get(evalId);
    if (unacked === undefined) throw schedulerError('EVAL_NOT_OUTSTANDING');
    if (unacked.token !== token) throw schedulerError('EVAL_TOKEN_MISMATCH');
    return unacked;
  }
}

function listen(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const jobKey = ({ namespace, jobId }: Evaluation): string => `${namespace}\0${jobId}`;

const isBetterReady = (a: Evaluation, b: Evaluation): boolean =>
  a.priority === b.priority ? a.createIndex < b.createIndex : a.priority > b.priority;

/** The newest knows most. */
const isBetterPending = (a: Evaluation, b: Evaluation): boolean =>
  a.priority === b.priority ? a.modifyIndex > b.modifyIndex : a.priority > b.priority;
