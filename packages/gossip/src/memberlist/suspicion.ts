import type { Clock, Timer } from '@steppe/runtime';

/** What decides how long a suspicion lasts. */
export interface SuspicionBounds {
  /** Confirmations after which `minMs` is reached; 0: nobody could confirm, `minMs` from the start. */
  readonly confirmations: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Bounds of a new suspicion: `min = suspicionMult × scale × probeInterval`, where `scale` is `log10(n)`, at least 1, cut
 * to three decimals; `max` a multiple of it.
 * @param n - entries of our node table, dead and left ones included
 */
export function suspicionBounds(
  n: number,
  options: {
    readonly suspicionMult: number;
    readonly suspicionMaxTimeoutMult: number;
    readonly probeIntervalMs: number;
  },
): SuspicionBounds {
  const scale = Math.max(1, Math.trunc(Math.log10(Math.max(1, n)) * 1_000) / 1_000);
  const minMs = options.suspicionMult * scale * options.probeIntervalMs;
  // The first accuser and we ourselves are no further confirmers.
  const wanted = options.suspicionMult - 2;
  return { confirmations: n - 2 < wanted ? 0 : wanted, minMs, maxMs: options.suspicionMaxTimeoutMult * minMs };
}

/** How long a suspicion with `confirmed` independent confirmations lasts from its start: milliseconds, integer. */
export function suspicionTimeoutMs({ confirmations, minMs, maxMs }: SuspicionBounds, confirmed: number): number {
  if (confirmations < 1) return Math.floor(minMs);
  const share = Math.log(confirmed + 1) / Math.log(confirmations + 1);
  return Math.max(Math.floor(maxMs - (maxMs - minMs) * share), Math.floor(minMs));
}

/** How a suspicion ended: `refuted` by a newer incarnation, or the node `died`. */
export type SuspicionOutcome = 'pending' | 'refuted' | 'died';

/** One suspicion as it is remembered. */
export interface SuspicionRecord {
  readonly incarnation: number;
  /** Wall clock, Unix milliseconds. */
  readonly since: number;
  /** Who was heard accusing, first accuser first, each with the wall-clock time we heard it. */
  readonly accusers: readonly { readonly name: string; readonly at: number }[];
  readonly outcome: SuspicionOutcome;
  /** Wall clock; absent while pending. */
  readonly endedAt?: number;
}

/** A running suspicion: a timer that every independent confirmation shortens. */
export class Suspicion {
  readonly incarnation: number;
  readonly #clock: Clock;
  readonly #bounds: SuspicionBounds;
  readonly #startedMs: number;
  readonly #since: number;
  /** In the order in which they were heard; few, as further ones do not count. */
  readonly #accusers: { readonly name: string; readonly at: number }[] = [];
  readonly #onTimeout: () => void;
  #timer: Timer;
  #ended: { readonly outcome: SuspicionOutcome; readonly at: number } | undefined;

  /** @param onTimeout - called once, never from within the constructor or `confirm` */
  constructor(
    claim: { readonly from: string; readonly incarnation: number },
    bounds: SuspicionBounds,
    clock: Clock,
    onTimeout: () => void,
  ) {
    this.incarnation = claim.incarnation;
    this.#clock = clock;
    this.#bounds = bounds;
    this.#startedMs = clock.monotonic();
    this.#since = clock.now();
    this.#onTimeout = onTimeout;
    this.#accusers.push({ name: claim.from, at: this.#since });
    this.#timer = clock.setTimer(suspicionTimeoutMs(bounds, 0), onTimeout);
  }

  /** Confirmations so far, the first accuser not counted. */
  get confirmed(): number {
    return this.#accusers.length - 1;
  }

  /**
   * Counts an accusation by somebody not heard before, as long as more are wanted.
   * @returns whether it counted, and so should be passed on
   */
  confirm(from: string): boolean {
    if (this.confirmed >= this.#bounds.confirmations) return false;
    if (this.#accusers.some(({ name }) => name === from)) return false;
    this.#accusers.push({ name: from, at: this.#clock.now() });
    const elapsedMs = this.#clock.monotonic() - this.#startedMs;
    this.#timer.cancel();
    this.#timer = this.#clock.setTimer(
      Math.max(0, suspicionTimeoutMs(this.#bounds, this.confirmed) - elapsedMs),
      this.#onTimeout,
    );
    return true;
  }

  /** Stops the timer. */
  end(outcome: Exclude<SuspicionOutcome, 'pending'>): void {
    this.#timer.cancel();
    this.#ended ??= { outcome, at: this.#clock.now() };
  }

  /** Stops the timer without an outcome: nobody waits for one any more. */
  stop(): void {
    this.#timer.cancel();
  }

  record(): SuspicionRecord {
    return Object.freeze({
      incarnation: this.incarnation,
      since: this.#since,
      accusers: [...this.#accusers],
      outcome: this.#ended?.outcome ?? 'pending',
      ...(this.#ended && { endedAt: this.#ended.at }),
    });
  }
}
