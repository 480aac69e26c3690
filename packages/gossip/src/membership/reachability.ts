import { errorMessage } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';

/** Port: finds the addresses behind a name. Rejects when there are none. */
export type Resolver = (name: string) => Promise<readonly string[]>;

/** The system's own resolution, the hosts file included. */
export const systemResolver: Resolver = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/** Connects and hangs up. @throws an `Error` with the cause in Go's words */
export function probeTcp(
  host: string,
  port: number,
  { clock, timeoutMs, signal }: { readonly clock: Clock; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const finish = (failure?: Error): void => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      if (failure === undefined) resolve();
      else reject(failure);
    };
    const onAbort = (): void => finish(new Error('the caller gave up'));
    const timer = clock.setTimer(timeoutMs, () => finish(new Error('i/o timeout')));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => finish());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      finish(new Error(error.code === 'ECONNREFUSED' ? 'connect: connection refused' : errorMessage(error)));
    });
  });
}
