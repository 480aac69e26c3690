import type { Clock } from '@steppe/runtime';
import { Deferred } from './deferred.js';

type Kind = 'restart' | 'kill' | 'detach';

/** How the running of a task is broken off: to run it anew, to kill it, or to let go of it. Each is stronger than the one before. */
export class Interruption {
  readonly #clock: Clock;
  readonly #interrupted = new Deferred<undefined>();
  readonly #detached = new Deferred<undefined>();
  #kind: Kind | undefined;
  #noShutdownDelay = false;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  get kind(): Kind | undefined {
    return this.#kind;
  }

  get happened(): boolean {
    return this.#kind !== undefined;
  }

  /** Whether whoever kills it is in a hurry. */
  get noShutdownDelay(): boolean {
    return this.#noShutdownDelay;
  }

  restart(): void {
    this.#kind ??= 'restart';
    this.#interrupted.resolve(undefined);
  }

  kill({ noShutdownDelay }: { readonly noShutdownDelay: boolean }): void {
    this.#noShutdownDelay ||= noShutdownDelay;
    if (this.#kind !== 'detach') this.#kind = 'kill';
    this.#interrupted.resolve(undefined);
  }

  detach(): void {
    this.#kind = 'detach';
    this.#interrupted.resolve(undefined);
    this.#detached.resolve(undefined);
  }

  /** What `promise` resolves to, or `undefined` when the interruption comes sooner. */
  orSooner<T>(promise: Promise<T>): Promise<T | undefined> {
    return Promise.race([promise, this.#interrupted.promise]);
  }

  /** As {@link Interruption.orSooner}, but a kill does not count. */
  unlessDetached<T>(promise: Promise<T>): Promise<T | undefined> {
    return Promise.race([promise, this.#detached.promise]);
  }

  /** Waits, unless interrupted. */
  wait(ms: number): Promise<void> {
    return this.#wait(ms, this.#interrupted.promise);
  }

  /** Waits, unless detached or `end` comes. */
  waitUntil(end: Promise<unknown>, ms: number): Promise<void> {
    return this.#wait(ms, Promise.race([end, this.#detached.promise]));
  }

  async #wait(ms: number, end: Promise<unknown>): Promise<void> {
    const due = new Deferred<void>();
    const timer = this.#clock.setTimer(ms, () => due.resolve());
    await Promise.race([due.promise, end]);
    timer.cancel();
  }
}
