import type { Clock } from '@steppe/runtime';
import { schedulerError, versionMismatch } from '../errors.js';
import type { EvalBroker } from './eval-broker.js';
import type { Delivery, DequeueOptions, EvalSource } from './eval-source.js';

/** The version of how servers schedule together; workers of another one get no evaluations. */
export const SCHEDULER_VERSION = 1;

export interface VersionedDequeueOptions extends DequeueOptions {
  /** Of the worker; default ours. */
  readonly schedulerVersion?: number;
}

/** For callers that name no time. */
const DEFAULT_TIMEOUT_MS = 1_000;

/** Where workers come for evaluations, their own ones and those of others. Of a broker that is paused there is nothing. */
export class EvalEntrance implements EvalSource {
  readonly #broker: EvalBroker;
  readonly #clock: Clock;

  constructor({ broker, clock }: { readonly broker: EvalBroker; readonly clock: Clock }) {
    this.#broker = broker;
    this.#clock = clock;
  }

  /** @throws SCHEDULER_VERSION_MISMATCH, DEQUEUE_WITHOUT_TYPE; BROKER_DISABLED when it is paused meanwhile */
  async dequeue(types: readonly string[], options: VersionedDequeueOptions): Promise<Delivery | undefined> {
    const { timeoutMs, signal, schedulerVersion = SCHEDULER_VERSION } = options;
    if (schedulerVersion !== SCHEDULER_VERSION) throw versionMismatch(schedulerVersion, SCHEDULER_VERSION);
    if (types.length === 0) throw schedulerError('DEQUEUE_WITHOUT_TYPE');
    const deadline = this.#clock.monotonic() + (timeoutMs > 0 ? timeoutMs : DEFAULT_TIMEOUT_MS);
    if (!this.#broker.isEnabled) await this.#enabled(deadline - this.#clock.monotonic(), signal);
    const leftMs = deadline - this.#clock.monotonic();
    if (!this.#broker.isEnabled || leftMs <= 0) return undefined;
    return this.#broker.dequeue(types, { timeoutMs: leftMs, signal });
  }

  ack(evalId: string, token: string): Promise<void> {
    return this.#broker.ack(evalId, token);
  }

  nack(evalId: string, token: string): Promise<void> {
    return this.#broker.nack(evalId, token);
  }

  /** Waits until the broker goes on, the time is over or the caller gives up. */
  #enabled(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        timer.cancel();
        unlisten();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = this.#clock.setTimer(timeoutMs, finish);
      const unlisten = this.#broker.onDidEnable(finish);
      signal.addEventListener('abort', finish, { once: true });
    });
  }
}
