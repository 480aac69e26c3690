import type { Clock, Timer } from '@steppe/runtime';
import type { AllocRunner } from './alloc-runner.js';

/** Stops allocations that are not to go on without servers for long (`stop_on_client_after`), by the last good heartbeat. */
export class DisconnectStop {
  readonly #deps: { readonly clock: Clock; readonly runners: () => Iterable<AllocRunner> };
  #contactMs: number;
  #timer: Timer | undefined;

  constructor(deps: { readonly clock: Clock; readonly runners: () => Iterable<AllocRunner> }) {
    this.#deps = deps;
    this.#contactMs = deps.clock.monotonic();
  }

  /** A server accepted a heartbeat. */
  contact(): void {
    this.#contactMs = this.#deps.clock.monotonic();
  }

  /** There may be allocations with other limits than before. */
  look(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { clock, runners } = this.#deps;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const runner of runners()) {
      const afterMs = runner.group?.disconnect?.stopOnClientAfterMs ?? 0;
      if (afterMs <= 0 || runner.isTerminal) continue;
      const leftMs = this.#contactMs + afterMs - clock.monotonic();
      if (leftMs <= 0) void runner.stop();
      else nextMs = Math.min(nextMs, leftMs);
    }
    // A contact meanwhile only means that the look then comes early.
    if (nextMs < Number.POSITIVE_INFINITY) this.#timer = clock.setTimer(nextMs, () => this.look());
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
