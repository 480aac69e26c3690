import type { Clock, Metrics, Random, Timer } from '@steppe/runtime';
import { SCHEDULER_METRICS } from '../metrics.js';
import type { Delivery, DequeueOptions, EvalSource, Evaluation } from './evaluation.js';

export interface EvalBrokerOptions {
  /** How long a worker may keep an evaluation, milliseconds; default 60 000. */
  readonly nackTimeoutMs?: number;
  /** Deliveries after which an evaluation moves to {@link FAILED_QUEUE}; default 3. */
  readonly deliveryLimit?: number;
}

export interface EvalBrokerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
}

/** Type under which evaluations that no worker could do are dequeued. */
export const FAILED_QUEUE = '_failed';

interface Outstanding {
  readonly evaluation: Evaluation;
  readonly token: string;
  readonly timer: Timer;
}

interface Waiter {
  readonly types: readonly string[];
  readonly deliver: (delivery: Delivery) => void;
}

/**
 * Evaluations waiting for workers, in memory. An evaluation is ready, outstanding, or gone: ready ∩ outstanding = ∅.
 * Delivery is at least once; one evaluation is with one worker at a time.
 */
export class EvalBroker implements EvalSource {
  readonly #nackTimeoutMs: number;
  readonly #deliveryLimit: number;
  readonly #deps: EvalBrokerDeps;
  /** By type, best first. */
  readonly #ready = new Map<string, Evaluation[]>();
  readonly #outstanding = new Map<string, Outstanding>();
  readonly #deliveries = new Map<string, number>();
  readonly #waiters = new Set<Waiter>();

  constructor(options: EvalBrokerOptions, deps: EvalBrokerDeps) {
    this.#nackTimeoutMs = options.nackTimeoutMs ?? 60_000;
    this.#deliveryLimit = options.deliveryLimit ?? 3;
    this.#deps = deps;
  }

  /** Adds an evaluation; one that is known already changes nothing. */
  enqueue(evaluation: Evaluation): void {
    if (this.#deliveries.has(evaluation.id)) return;
    this.#deliveries.set(evaluation.id, 0);
    this.#makeReady(evaluation, evaluation.type);
  }

  /** Evaluations waiting for a worker. */
  get readyCount(): number {
    return [...this.#ready.values()].reduce((count, queue) => count + queue.length, 0);
  }

  /** Evaluations with a worker. */
  get outstandingCount(): number {
    return this.#outstanding.size;
  }

  dequeue(types: readonly string[], { timeoutMs, signal }: DequeueOptions): Promise<Delivery | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    const evaluation = this.#takeBest(types);
    if (evaluation !== undefined) return Promise.resolve(this.#deliver(evaluation));
    return new Promise((resolve) => {
      const finish = (delivery: Delivery | undefined): void => {
        timer.cancel();
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', giveUp);
        resolve(delivery);
      };
      const giveUp = (): void => finish(undefined);
      const waiter: Waiter = { types, deliver: finish };
      const timer = this.#deps.clock.setTimer(timeoutMs, giveUp);
      this.#waiters.add(waiter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  async ack(evalId: string, token: string): Promise<void> {
    if (this.#release(evalId, token) === undefined) return;
    this.#deliveries.delete(evalId);
  }

  async nack(evalId: string, token: string): Promise<void> {
    const evaluation = this.#release(evalId, token);
    if (evaluation === undefined) return;
    const spent = (this.#deliveries.get(evalId) ?? 0) >= this.#deliveryLimit;
    this.#makeReady(evaluation, spent ? FAILED_QUEUE : evaluation.type);
  }

  #makeReady(evaluation: Evaluation, queueName: string): void {
    for (const waiter of this.#waiters) {
      if (!waiter.types.includes(queueName)) continue;
      waiter.deliver(this.#deliver(evaluation));
      return;
    }
    const queue = this.#ready.get(queueName) ?? [];
    const at = queue.findIndex((other) => isBefore(evaluation, other));
    queue.splice(at === -1 ? queue.length : at, 0, evaluation);
    this.#ready.set(queueName, queue);
    this.#report();
  }

  #takeBest(types: readonly string[]): Evaluation | undefined {
    let best: Evaluation[] | undefined;
    for (const type of types) {
      const queue = this.#ready.get(type);
      const head = queue?.[0];
      if (head !== undefined && (best === undefined || isBefore(head, best[0] as Evaluation))) best = queue;
    }
    return best?.shift();
  }

  #deliver(evaluation: Evaluation): Delivery {
    const { clock, random } = this.#deps;
    const token = random.uuid();
    const timer = clock.setTimer(this.#nackTimeoutMs, () => void this.nack(evaluation.id, token));
    this.#outstanding.set(evaluation.id, { evaluation, token, timer });
    this.#deliveries.set(evaluation.id, (this.#deliveries.get(evaluation.id) ?? 0) + 1);
    this.#report();
    return { evaluation, token };
  }

  /** Ends a delivery; `undefined` when the token is not that of the running one. */
  #release(evalId: string, token: string): Evaluation | undefined {
    const outstanding = this.#outstanding.get(evalId);
    if (outstanding?.token !== token) return undefined;
    outstanding.timer.cancel();
    this.#outstanding.delete(evalId);
    this.#report();
    return outstanding.evaluation;
  }

  #report(): void {
    this.#deps.metrics.setGauge(SCHEDULER_METRICS.ready, this.readyCount);
    this.#deps.metrics.setGauge(SCHEDULER_METRICS.unacked, this.outstandingCount);
  }
}

/** Higher priority first, then the older one. */
const isBefore = (a: Evaluation, b: Evaluation): boolean =>
  a.priority === b.priority ? a.createIndex < b.createIndex : a.priority > b.priority;
