import type { Clock } from '@steppe/runtime';
import type { Leader, Leadership } from '@steppe/state';
import { apiError } from '../http/api-error.js';

/**
 * The leader, waiting for one if need be.
 * @throws NO_LEADER when none is known within `timeoutMs`, or when the caller gave up
 */
export function awaitLeader(
  leadership: Leadership,
  { clock, timeoutMs, signal }: { readonly clock: Clock; readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<Leader> {
  const known = leadership.leader();
  if (known !== undefined) return Promise.resolve(known);
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      timer.cancel();
      unlisten();
      signal?.removeEventListener('abort', giveUp);
    };
    const giveUp = (): void => {
      finish();
      reject(apiError('NO_LEADER'));
    };
    const timer = clock.setTimer(timeoutMs, giveUp);
    const unlisten = leadership.onDidChange(() => {
      const leader = leadership.leader();
      if (leader === undefined) return;
      finish();
      resolve(leader);
    });
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted === true) giveUp();
  });
}
