import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Random } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { NodeIdentity } from '../identity/node-identity.js';
import type { AllocLink, ClientAllocation } from '../servers/alloc-link.js';
import type { ServerCaller } from '../servers/server-caller.js';

/** Those of a node's allocations that a watch keeps up to date. */
export interface WatchedAllocations {
  /** Of these (with their `allocModifyIndex`), which we do not have as they are now. */
  outdated(allocs: Readonly<Record<string, number>>): readonly string[];
  /** The node has these and no others; `changed` as they are now. */
  apply(allocs: Readonly<Record<string, number>>, changed: readonly ClientAllocation[]): void;
}

export interface AllocWatchDeps {
  readonly identity: NodeIdentity;
  readonly link: Pick<AllocLink, 'clientAllocs' | 'allocations'>;
  readonly caller: ServerCaller;
  readonly allocations: WatchedAllocations;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const MAX_WAIT_MS = 300_000;
const MIN_TURN_MS = 1_000;
const MISSING_RETRY_MS = 2_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/**
 * Asks the servers again and again what the node is to run.
 * @see spec "Client side: alloc watch" of scheduling
 */
export class AllocWatch {
  readonly #deps: AllocWatchDeps;
  #index = 0;
  #failures = 0;
  /** Of the call that waits for news. */
  #call = new AbortController();

  constructor(deps: AllocWatchDeps) {
    this.#deps = deps;
  }

  /** The servers may have other numbers than before: everything is asked for anew, at once. */
  reset(): void {
    this.#index = 0;
    this.#call.abort(new Error('asking anew'));
  }

  /** Runs until the signal aborts; never rejects. */
  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { clock, logger } = this.#deps;
    while (!signal.aborted) {
      let pauseMs = 0;
      try {
        pauseMs = await this.#turn(signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        pauseMs = this.#afterFailure();
        logger.warn('allocations cannot be had', { error: errorMessage(error), retry_ms: Math.round(pauseMs) });
      }
      if (pauseMs > 0) await sleep(clock, pauseMs, { signal }).catch(() => undefined);
    }
  }

  /** @returns milliseconds to wait before the next */
  async #turn(signal: AbortSignal): Promise<number> {
    const { allocations, caller, clock, identity, link, random } = this.#deps;
    const { signal: ofCall } = (this.#call = new AbortController());
    const waiting = { signal: AbortSignal.any([signal, ofCall]) };
    const query = { minIndex: this.#index, maxWaitMs: MAX_WAIT_MS };
    const askedMs = clock.monotonic();
    let reply: Awaited<ReturnType<AllocLink['clientAllocs']>>;
    try {
      reply = await caller.call((server) => link.clientAllocs(server, identity, query, waiting), waiting);
    } catch (error) {
      if (ofCall.aborted) return 0;
      throw error;
    }
    const { index, allocs } = reply;
    // Nothing new, or an older answer, from a server that is behind. That one would answer so again.
    if (index <= query.minIndex && query.minIndex > 0) {
      return Math.max(0, MIN_TURN_MS - (clock.monotonic() - askedMs));
    }
    const ids = allocations.outdated(allocs);
    const changed = ids.length === 0 ? [] : await this.#pull(ids, allocs, signal);
    allocations.apply(allocs, changed);
    if (changed.length < ids.length) {
      // The server does not have them yet, or no longer.
      this.#index = 0;
      return MISSING_RETRY_MS * (1 + random.next());
    }
    // Before anything has ever been placed the index is 0, which would mean: answer at once.
    this.#index = Math.max(1, index);
    return 0;
  }

  #pull(
    ids: readonly string[],
    allocs: Readonly<Record<string, number>>,
    signal: AbortSignal,
  ): Promise<readonly ClientAllocation[]> {
    const { caller, identity, link } = this.#deps;
    const highest = Math.max(...ids.map((id) => allocs[id] ?? 0));
    const query = { ids, minIndex: Math.max(0, highest - 1) };
    return caller.call((server) => link.allocations(server, identity, query, { signal }), { signal });
  }

  /** Soon at first, then ever later. */
  #afterFailure(): number {
    const base = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
    return base * (1 + this.#deps.random.next() / 4);
  }
}
