import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import { stateBehind } from '../errors.js';

export interface AwaitIndexOptions {
  /** The longest wait, milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const FIRST_POLL_MS = 20;
const LONGEST_POLL_MS = 1_000;

/**
 * Waits until a state has come to an index. One that is there already is there even for somebody who has given up.
 * @throws STATE_BEHIND when it takes too long; the signal's reason when that aborts
 * @see spec "Waiting for an index" of scheduling
 */
export async function awaitIndex(
  index: number,
  current: () => number,
  { timeoutMs, signal, clock }: AwaitIndexOptions & { readonly clock: Clock },
): Promise<void> {
  const deadline = clock.monotonic() + timeoutMs;
  for (let pollMs = FIRST_POLL_MS; current() < index; pollMs = Math.min(2 * pollMs, LONGEST_POLL_MS)) {
    const leftMs = deadline - clock.monotonic();
    if (leftMs <= 0) throw stateBehind(index, timeoutMs);
    await sleep(clock, Math.min(pollMs, leftMs), { signal });
  }
}
