import type { Clock, Timer } from '@steppe/runtime';
import type { Http2Session } from 'node:http2';
import type { ResolvedSessionOptions } from '../options.js';

/**
 * Pings a session until it closes; a ping that is not answered in time means that the peer is gone, whatever TCP says.
 * @param onLost - called once; the caller destroys the session
 */
export function keepAlive(
  session: Http2Session,
  { keepAliveIntervalMs, keepAliveTimeoutMs }: ResolvedSessionOptions,
  clock: Clock,
  onLost: () => void,
): void {
  if (keepAliveIntervalMs <= 0) return;
  let answer: Timer | undefined;
  const ticker = clock.setTicker(keepAliveIntervalMs, () => {
    if (answer !== undefined || session.destroyed) return;
    answer = clock.setTimer(keepAliveTimeoutMs, onLost);
    session.ping((error) => {
      // Then the session closes by itself, or hangs, as Node's do after bytes that are no HTTP/2: the timer decides.
      if (error !== null) return;
      answer?.cancel();
      answer = undefined;
    });
  });
  session.once('close', () => {
    ticker.cancel();
    answer?.cancel();
  });
}
