import type { Evaluation } from '@steppe/domain';
import type { Clock, Random } from '@steppe/runtime';
import { schedulerError } from '../errors.js';
import { Deadlines } from './deadlines.js';
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

/** An evaluation that is known and not cancelable. */
interface Known {
  readonly evaluation: Evaluation;
  deliveries: number;
  /** The running one; `undefined` while it is with nobody. */
  delivery: Unacked | undefined;
}

interface Unacked {
  readonly token: string;
  readonly queue: string;
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
  readonly #ready = new Map<string, PriorityHeap<Known>>();
  /** By id. */
  readonly #known = new Map<string, Known>();
  /**
   * By namespace and id, the jobs of which one evaluation has the slot: those that wait for it, `undefined` when none does.
   * Two maps cost less than a key made of both.
   */
  readonly #jobs = new Map<string, Map<string, PriorityHeap<Known> | undefined>>();
  /** When deliveries are over, by id of the evaluation. */
  readonly #deadlines: Deadlines;
  #unackedCount = 0;
  /** Asked for by the holder of a token, for when it is done. By token. */
  readonly #requeued = new Map<string, Evaluation>();
  readonly #waiting: DelayQueue<{ readonly known: Known; readonly queue: string | undefined }>;
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
      onDue: ({ known, queue }) => {
        // After a nack it still has its job's slot; a delayed one has yet to ask for it.
        if (queue === undefined) this.#admit(known);
        else this.#makeReady(known, queue);
      },
    });
    this.#deadlines = new Deadlines({
      clock: deps.clock,
      afterMs: this.#options.nackTimeoutMs,
      onOver: (evalId) => {
        const token = this.outstanding(evalId);
        if (token !== undefined) void this.nack(evalId, token);
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
    const before = this.#known.get(evaluation.id);
    if (before !== undefined) {
      if (token !== '' && before.delivery?.token === token) this.#requeued.set(token, evaluation);
      return;
    }
    const known: Known = { evaluation, deliveries: 0, delivery: undefined };
    this.#known.set(evaluation.id, known);
    const now = this.#deps.clock.now();
    const dueMs = evaluation.waitMs > 0 ? now + evaluation.waitMs : evaluation.waitUntilMs;
    if (dueMs > now) this.#waiting.push({ known, queue: undefined }, dueMs);
    else this.#admit(known);
  }

  /** @param options.timeoutMs - not above 0: for ever */
  dequeue(types: readonly string[], { timeoutMs, signal }: DequeueOptions): Promise<Delivery | undefined> {
    if (!this.#enabled) return Promise.reject(schedulerError('BROKER_DISABLED'));
    if (signal.aborted) return Promise.resolve(undefined);
    const best = this.#takeBest(types);
    if (best !== undefined) return Promise.resolve(this.#deliver(best.known, best.queue));
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
    this.#known.delete(evalId);
    this.#promote(evaluation);
    if (this.#requeued.size === 0) return;
    const requeued = this.#requeued.get(token);
    this.#requeued.delete(token);
    if (requeued !== undefined) this.enqueue(requeued);
  }

  async nack(evalId: string, token: string): Promise<void> {
    const known = this.#release(evalId, token);
    this.#requeued.delete(token);
    const { deliveries, evaluation } = known;
    const { deliveryLimit, initialNackDelayMs, subsequentNackDelayMs } = this.#options;
    if (deliveries >= deliveryLimit) {
      this.#makeReady(known, FAILED_QUEUE);
      return;
    }
    const delayMs = deliveries <= 1 ? initialNackDelayMs : (deliveries - 1) * subsequentNackDelayMs;
    this.#waiting.push({ known, queue: evaluation.type }, this.#deps.clock.now() + delayMs);
  }

  /** Token of an evaluation's running delivery; `undefined` when it is with nobody. */
  outstanding(evalId: string): string | undefined {
    return this.#known.get(evalId)?.delivery?.token;
  }

  /** Gives the holder the full time again. @throws EVAL_NOT_OUTSTANDING, EVAL_TOKEN_MISMATCH */
  resetNackTimer(evalId: string, token: string): void {
    this.#mustHold(evalId, token);
    this.#deadlines.begin(evalId);
  }

  /** The holder waits for somebody else: its time stands still. @throws as {@link resetNackTimer} */
  pauseNackTimer(evalId: string, token: string): void {
    this.#mustHold(evalId, token);
    this.#deadlines.end(evalId);
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
    for (const { delivery } of this.#known.values()) if (delivery !== undefined) of(delivery.queue).unacked += 1;
    return {
      ready,
      unacked: this.#unackedCount,
      pending: this.#pendingCount,
      waiting: this.#waiting.size,
      cancelable: this.#cancelable.length,
      byType,
    };
  }

  #flush(): void {
    this.#deadlines.clear();
    for (const waiter of this.#waiters) waiter.fail(schedulerError('BROKER_DISABLED'));
    for (const held of [this.#ready, this.#known, this.#jobs, this.#requeued]) held.clear();
    this.#waiting.clear();
    this.#cancelable = [];
    this.#pendingCount = 0;
    this.#unackedCount = 0;
  }

  /** Lets an evaluation ask for its job's slot. */
  #admit(known: Known): void {
    const { namespace, jobId, type, priority, modifyIndex } = known.evaluation;
    let jobs = this.#jobs.get(namespace);
    if (jobs === undefined) this.#jobs.set(namespace, (jobs = new Map()));
    let heap = jobs.get(jobId);
    if (heap === undefined) {
      const isFree = !jobs.has(jobId);
      heap = isFree ? undefined : new PriorityHeap();
      jobs.set(jobId, heap);
    }
    if (heap === undefined) {
      this.#makeReady(known, type);
      return;
    }
    // The newest knows most.
    heap.push(known, -priority, -modifyIndex);
    this.#pendingCount += 1;
  }

  /** The best that waits for a job's slot gets it; the others have been overtaken. */
  #promote({ namespace, jobId }: Evaluation): void {
    const jobs = this.#jobs.get(namespace);
    const heap = jobs?.get(jobId);
    jobs?.delete(jobId);
    const best = heap?.pop();
    if (heap === undefined || best === undefined) return;
    this.#pendingCount -= heap.size + 1;
    for (const { evaluation } of heap.values()) {
      this.#known.delete(evaluation.id);
      this.#cancelable.push(evaluation);
    }
    if (heap.size > 0) for (const listener of this.#onDidOvertake) listener();
    this.#admit(best);
  }

  #makeReady(known: Known, queue: string): void {
    for (const waiter of this.#waiters) {
      if (!waiter.types.includes(queue)) continue;
      waiter.finish(this.#deliver(known, queue));
      return;
    }
    let heap = this.#ready.get(queue);
    if (heap === undefined) this.#ready.set(queue, (heap = new PriorityHeap()));
    const { priority, createIndex } = known.evaluation;
    heap.push(known, -priority, createIndex);
  }

  /** The queue whose head has the highest priority; of several one by chance, so that none starves. */
  #takeBest(types: readonly string[]): { readonly known: Known; readonly queue: string } | undefined {
    let best: string[] = [];
    let priority = Number.NEGATIVE_INFINITY;
    for (const type of types) {
      const head = this.#ready.get(type)?.peek()?.evaluation;
      if (head === undefined || head.priority < priority) continue;
      if (head.priority > priority) best = [];
      priority = head.priority;
      best.push(type);
    }
    const queue = best.length > 1 ? best[Math.floor(this.#deps.random.next() * best.length)] : best[0];
    const known = queue === undefined ? undefined : this.#ready.get(queue)?.pop();
    return queue === undefined || known === undefined ? undefined : { known, queue };
  }

  #deliver(known: Known, queue: string): Delivery {
    const { evaluation } = known;
    const token = this.#deps.random.uuid();
    known.delivery = { token, queue };
    known.deliveries += 1;
    this.#unackedCount += 1;
    this.#deadlines.begin(evaluation.id);
    const jobIndex = this.#deps.jobEvalIndex?.(evaluation.namespace, evaluation.jobId) ?? 0;
    return { evaluation, token, waitIndex: Math.max(evaluation.modifyIndex, jobIndex) };
  }

  /** Ends a delivery. @throws EVAL_NOT_FOUND, EVAL_TOKEN_MISMATCH */
  #release(evalId: string, token: string): Known {
    const known = this.#known.get(evalId);
    if (known?.delivery === undefined) throw schedulerError('EVAL_NOT_FOUND');
    if (known.delivery.token !== token) {
      throw schedulerError('EVAL_TOKEN_MISMATCH', 'Token does not match for Evaluation ID');
    }
    known.delivery = undefined;
    this.#unackedCount -= 1;
    this.#deadlines.end(evalId);
    return known;
  }

  /** @throws EVAL_NOT_OUTSTANDING, EVAL_TOKEN_MISMATCH */
  #mustHold(evalId: string, token: string): void {
    const held = this.outstanding(evalId);
    if (held === undefined) throw schedulerError('EVAL_NOT_OUTSTANDING');
    if (held !== token) throw schedulerError('EVAL_TOKEN_MISMATCH');
  }
}

function listen(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
