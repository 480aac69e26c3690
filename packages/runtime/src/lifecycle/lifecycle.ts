import type { Clock } from '../clock/clock.js';
import type { Logger } from '../logger/logger.js';
import { PHASES } from './startable.js';
import type { Phase, Startable } from './startable.js';

export interface LifecycleOptions {
  /** Milliseconds each part has to stop; default 5000. */
  readonly stopTimeoutMs?: number;
}

export interface LifecycleDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Runs a fixed set of {@link Startable}s: phases in order, parts of a phase in parallel. */
export class Lifecycle {
  readonly #parts: readonly Startable[];
  readonly #deps: LifecycleDeps;
  readonly #stopTimeoutMs: number;
  readonly #attempted: Startable[] = [];
  readonly #startAbort = new AbortController();
  #stopping: Promise<void> | undefined;

  constructor(parts: readonly Startable[], options: LifecycleOptions, deps: LifecycleDeps) {
    this.#parts = parts;
    this.#deps = deps;
    this.#stopTimeoutMs = options.stopTimeoutMs ?? 5_000;
  }

  /** Resolves when every part runs. On the first failure stops what had started and rejects with that failure. */
  async start(): Promise<void> {
    for (const phase of PHASES) {
      this.#startAbort.signal.throwIfAborted();
      const results = await Promise.allSettled(this.#of(phase).map((part) => this.#startPart(part)));
      const failure = results.find((result) => result.status === 'rejected');
      if (failure !== undefined) {
        await this.stop();
        throw failure.reason as Error;
      }
    }
  }

  /** Stops what was started, in reverse order. Never rejects: a failing part is logged. Later calls share the first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #startPart(part: Startable): Promise<void> {
    this.#attempted.push(part);
    await part.start({ signal: this.#startAbort.signal });
  }

  async #stop(): Promise<void> {
    this.#startAbort.abort(new Error('the agent is stopping'));
    for (const phase of PHASES.toReversed()) {
      const parts = this.#attempted.filter((part) => part.phase === phase);
      await Promise.all(parts.map((part) => this.#stopPart(part)));
    }
  }

  async #stopPart(part: Startable): Promise<void> {
    const { clock, logger } = this.#deps;
    const deadline = new AbortController();
    const overrun = new Promise<void>((resolve) => {
      const timer = clock.setTimer(this.#stopTimeoutMs, () => {
        logger.warn('part did not stop in time', { part: part.name, timeout_ms: this.#stopTimeoutMs });
        deadline.abort(new Error('stop deadline exceeded'));
        resolve();
      });
      deadline.signal.addEventListener('abort', () => timer.cancel(), { once: true });
    });
    const stopped = part.stop({ signal: deadline.signal }).catch((error: unknown) => {
      logger.error('part failed to stop', { part: part.name, error });
    });
    await Promise.race([stopped, overrun]);
    if (!deadline.signal.aborted) deadline.abort(new Error('stopped'));
  }

  #of(phase: Phase): readonly Startable[] {
    return this.#parts.filter((part) => part.phase === phase);
  }
}
