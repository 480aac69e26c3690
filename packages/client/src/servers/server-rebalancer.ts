import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Random } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { ServerLink } from './server-link.js';
import type { ServerList } from './server-list.js';

export interface ServerRebalancerDeps {
  readonly servers: ServerList;
  readonly link: Pick<ServerLink, 'ping'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const MIN_INTERVAL_MS = 5 * 60_000;
/** The number of nodes comes from a server; whatever it says, a timer must be able to wait for twice this long. */
const MAX_INTERVAL_MS = 24 * 3_600_000;
/** Nodes turning to one server each second, at most and on average. */
const NODES_PER_SERVER_AND_SECOND = 64;

/** Turns to another server from time to time, so that servers that join later get their share of the clients. */
export class ServerRebalancer {
  readonly #deps: ServerRebalancerDeps;
  #nodeCount = 0;

  constructor(deps: ServerRebalancerDeps) {
    this.#deps = deps;
  }

  /** How many nodes the region has, which decides how often: the more, the more rarely. */
  observe({ nodeCount }: { readonly nodeCount: number }): void {
    this.#nodeCount = nodeCount;
  }

  /** Runs until the signal aborts; never rejects. */
  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    try {
      for (;;) {
        await sleep(this.#deps.clock, this.#nextIntervalMs(), { signal });
        await this.#deps.servers.rebalance((server) => this.#answers(server, signal));
      }
    } catch (error) {
      // The only way out of the loop: nothing but the wait can fail.
      if (!signal.aborted) this.#deps.logger.error('rebalancing of servers ended', { error: errorMessage(error) });
    }
  }

  #nextIntervalMs(): number {
    const { servers, random } = this.#deps;
    const perRegion = (this.#nodeCount * 1_000) / (NODES_PER_SERVER_AND_SECOND * Math.max(1, servers.size));
    const interval = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, perRegion));
    return interval + random.next() * interval;
  }

  async #answers(server: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#deps.link.ping(server, { signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#deps.logger.debug('server does not answer', { server, error: errorMessage(error) });
      return false;
    }
  }
}
