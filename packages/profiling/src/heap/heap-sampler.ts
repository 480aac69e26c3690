import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Phase, Startable } from '@steppe/runtime';
import type { Session } from 'node:inspector/promises';
import { openSession } from '../inspector/inspector-session.js';
import type { SampledHeap } from './heap-samples.js';

/** One sample per so many allocated bytes on average: Go's rate, cheap enough to stay on. */
export const HEAP_INTERVAL_BYTES = 524_288;

export interface HeapSamplerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What the sampler knows at one moment. */
export interface HeapSnapshot {
  readonly profile: SampledHeap;
  /** Since when allocations are sampled, Unix milliseconds. */
  readonly sinceMs: number;
  /** Whether somebody else had stopped the sampler, so that what lived before `sinceMs` is missing. */
  readonly restarted: boolean;
}

/**
 * The sampler of the main thread's heap. V8 has one per thread, shared with whoever else inspects the process: it is started
 * once, at the start of the agent, and no request ever stops it, since that would erase its history. Should another inspector
 * client have stopped it, the next reading starts it again and says so.
 */
export class HeapSampler implements Startable {
  readonly name = 'heap sampler';
  readonly phase: Phase = 'storage';
  readonly #deps: HeapSamplerDeps;
  #opening: Promise<Session> | undefined;
  #sinceMs = 0;
  #restarted = false;

  constructor(deps: HeapSamplerDeps) {
    this.#deps = deps;
  }

  /** Starts sampling. An agent that may not be inspected runs all the same, without heap profiles. */
  async start(): Promise<void> {
    try {
      await this.#session();
    } catch (error) {
      this.#deps.logger.warn('heap profiles are not available', { error });
    }
  }

  /** Ends sampling for good: the last part of an agent's life. */
  async stop(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    const session = await opening?.catch(() => undefined);
    session?.disconnect();
  }

  /**
   * Reads the samples of what is alive. V8 collects garbage for that, so it stops the thread for a moment (about 0.15 s for a
   * heap of 235 MB).
   * @param options - `collectGarbage`: a full collection first, which takes as long again
   * @throws PROFILING_UNAVAILABLE
   */
  async read({ collectGarbage }: { readonly collectGarbage: boolean }): Promise<HeapSnapshot> {
    const session = await this.#session();
    if (collectGarbage) await session.post('HeapProfiler.collectGarbage');
    let profile: SampledHeap;
    try {
      profile = await sampledHeap(session);
    } catch (error) {
      this.#deps.logger.warn('the heap sampler was stopped from outside and starts anew', {
        error: errorMessage(error),
      });
      await this.#startSampling(session);
      this.#restarted = true;
      profile = await sampledHeap(session);
    }
    return { profile, sinceMs: this.#sinceMs, restarted: this.#restarted };
  }

  /** One connection for good: closing the one that started the sampler would stop it. */
  #session(): Promise<Session> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<Session> {
    try {
      const session = await openSession();
      await this.#startSampling(session);
      return session;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async #startSampling(session: Session): Promise<void> {
    await session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_INTERVAL_BYTES });
    this.#sinceMs = this.#deps.clock.now();
  }
}

async function sampledHeap(session: Session): Promise<SampledHeap> {
  const { profile } = await session.post('HeapProfiler.getSamplingProfile');
  // The published types of Node.js lack the ids and samples.
  return profile as typeof profile & SampledHeap;
}
