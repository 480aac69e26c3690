import type { Random } from '@steppe/runtime';

/** Longest wait between registration and first heartbeat. */
const INITIAL_HEARTBEAT_STAGGER_MS = 10_000;
const REGISTER_RETRY_MS = 15_000;
const DEV_RETRY_MS = 1_000;
/** Just missed its deadline, or close to it: soon again. */
const SOON_MS = { base: 1_000, jitter: 1_000 };
/** However far the deadline, not longer. */
const LATE_MS = { base: 25_000, jitter: 5_000 };
const MAX_RETRY_MS = 30_000;

/** What is known when a call failed. */
export interface FailureSituation {
  /** Whether a heartbeat ever succeeded. */
  readonly hasContactedServers: boolean;
  /** Whether the region had no leader. */
  readonly noLeader: boolean;
  /** Milliseconds until the node counts as missing; negative when that was in the past. */
  readonly leftMs: number;
}

/** When to turn to the servers again. Random, so that clients that lost a server together do not come back together. */
export class HeartbeatDelays {
  readonly #devMode: boolean;
  readonly #random: Random;

  constructor({ devMode }: { readonly devMode: boolean }, { random }: { readonly random: Random }) {
    this.#devMode = devMode;
    this.#random = random;
  }

  /**
   * Milliseconds from a registration to the heartbeat that makes the node ready.
   * Differs from Nomad: a development node does not wait, so that it is ready when its agent is. It does when the servers
   * forgot it, lest two that disagree keep each other busy.
   */
  afterRegistering({ again }: { readonly again: boolean }): number {
    if (this.#devMode) return again ? DEV_RETRY_MS : 0;
    return this.#upTo(INITIAL_HEARTBEAT_STAGGER_MS);
  }

  /** Milliseconds from a failed registration or heartbeat to the next try. */
  afterFailure({ hasContactedServers, noLeader, leftMs }: FailureSituation): number {
    if (this.#devMode) return DEV_RETRY_MS;
    if (!hasContactedServers || noLeader) return REGISTER_RETRY_MS + this.#upTo(REGISTER_RETRY_MS);
    if (leftMs < 0 && leftMs >= -MAX_RETRY_MS) return SOON_MS.base + this.#upTo(SOON_MS.jitter);
    const delay = this.#upTo(Math.abs(leftMs));
    if (delay < SOON_MS.base) return SOON_MS.base + this.#upTo(SOON_MS.jitter);
    return delay > MAX_RETRY_MS ? LATE_MS.base + this.#upTo(LATE_MS.jitter) : delay;
  }

  #upTo(ms: number): number {
    return this.#random.next() * ms;
  }
}
