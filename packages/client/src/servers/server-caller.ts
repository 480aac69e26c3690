import type { Clock, Random } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import { clientError } from '../errors.js';
import { isNodeNotFound, isNoLeader, isUnsent } from './server-failure.js';
import type { ServerList } from './server-list.js';

export interface ServerCallerDeps {
  readonly servers: ServerList;
  readonly clock: Clock;
  readonly random: Random;
}

/** A repeated call waits up to this part of the time it may be repeated for. */
const JITTER_FRACTION = 16;

/** Calls the server whose turn it is. */
export class ServerCaller {
  readonly #holdTimeoutMs: number;
  readonly #deps: ServerCallerDeps;

  /** @param options - `holdTimeoutMs`: how long a call is repeated while the region has no leader */
  constructor({ holdTimeoutMs }: { readonly holdTimeoutMs: number }, deps: ServerCallerDeps) {
    this.#holdTimeoutMs = holdTimeoutMs;
    this.#deps = deps;
  }

  /**
   * A server that fails loses its turn. Where it could not even be asked, the others are, each once; and all again while there
   * is `No cluster leader`, as nothing was written. When a connection breaks, a write may have happened.
   * @throws CLIENT_SERVERS_UNKNOWN, and what the last call threw
   */
  async call<Reply>(
    perform: (server: string) => Promise<Reply>,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Reply> {
    const { servers, clock, random } = this.#deps;
    const deadline = clock.monotonic() + this.#holdTimeoutMs;
    const unreachable = new Set<string>();
    for (;;) {
      const server = servers.first;
      if (server === undefined) throw clientError({ code: 'CLIENT_SERVERS_UNKNOWN' }, 'no servers');
      try {
        return await perform(server);
      } catch (error) {
        signal.throwIfAborted();
        // An answer, if an unwelcome one: the server works.
        if (isNodeNotFound(error)) throw error;
        servers.failed(server);
        if (isUnsent(error)) {
          unreachable.add(server);
          if (servers.first !== undefined && !unreachable.has(servers.first)) continue;
        }
        if (!isNoLeader(error) || clock.monotonic() >= deadline) throw error;
      }
      await sleep(clock, (random.next() * this.#holdTimeoutMs) / JITTER_FRACTION, { signal });
    }
  }
}
