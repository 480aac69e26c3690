import { errorMessage } from '@steppe/domain';
import type { Clock, Phase, Startable } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { Leadership } from '@steppe/state';
import type { Replica, ReplicaDeps } from './replica.js';

export interface RegionReplicationDeps extends ReplicaDeps {
  readonly leadership: Leadership;
  readonly clock: Clock;
}

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 30_000;

/**
 * The service of a region's leader that copies what all regions share from the region that owns it: it waits for news there, and
 * takes over what is different here.
 * @see spec "Federation" of ACL
 */
export class RegionReplication implements Startable {
  readonly name = 'region-replication';
  readonly phase: Phase = 'work';
  readonly #replicas: readonly Replica[];
  readonly #deps: RegionReplicationDeps;
  #running: AbortController | undefined;
  #loops: readonly Promise<void>[] = [];
  #unlisten: (() => void) | undefined;

  /** @param replicas - none in the region that owns everything */
  constructor(replicas: readonly Replica[], deps: RegionReplicationDeps) {
    this.#replicas = replicas;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { leadership } = this.#deps;
    this.#unlisten = leadership.onDidChange((leads) => (leads ? this.#begin() : this.#end()));
    if (leadership.isLeader) this.#begin();
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
    this.#end();
    await Promise.all(this.#loops);
  }

  #begin(): void {
    if (this.#running !== undefined) return;
    this.#running = new AbortController();
    const { signal } = this.#running;
    this.#loops = this.#replicas.map((replica) => this.#follow(replica, signal));
  }

  #end(): void {
    this.#running?.abort(new Error('no longer the leader'));
    this.#running = undefined;
  }

  /** Copies until aborted. Never rejects. */
  async #follow(replica: Replica, signal: AbortSignal): Promise<void> {
    let index = 0;
    let backoffMs = FIRST_BACKOFF_MS;
    while (!signal.aborted) {
      try {
        index = await replica.copy(index, this.#deps, signal);
        backoffMs = FIRST_BACKOFF_MS;
      } catch (error) {
        if (signal.aborted) return;
        this.#deps.logger.error('failed to replicate', { what: replica.what, error: errorMessage(error) });
        index = 0;
        await sleep(this.#deps.clock, backoffMs, { signal }).catch(() => undefined);
        backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS);
      }
    }
  }
}
