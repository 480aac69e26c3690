import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';

/** Ends a capture: `signal` in vain, `enough` with what there is by then. */
export interface CaptureEnds {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly enough?: AbortSignal;
}

/** Lets a capture last. Rejects with the reason of `signal` as soon as that aborts. */
export async function captureTime(durationMs: number, { clock, signal, enough }: CaptureEnds): Promise<void> {
  const either = enough === undefined ? signal : AbortSignal.any([signal, enough]);
  try {
    await sleep(clock, durationMs, { signal: either });
  } catch (error) {
    if (signal.aborted) throw error;
  }
}
