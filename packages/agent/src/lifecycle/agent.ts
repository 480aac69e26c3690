import { errorMessage } from '@steppe/domain';
import type { Lifecycle, Logger } from '@steppe/runtime';
import type { HttpListener } from '../http/listener/http-listener.js';
import type { AgentIdentity } from '../identity/agent-identity.js';
import type { Reloader } from '../reload/reloader.js';

export interface AgentDeps {
  readonly identity: AgentIdentity;
  readonly lifecycle: Lifecycle;
  readonly listener: HttpListener;
  readonly reloader: Reloader;
  /** Leaves the gossip pool; `undefined` without the server role. */
  readonly leavePool: (() => Promise<void>) | undefined;
  readonly logger: Logger;
}

/** One agent, composed and ready to start. Starts and stops once. */
export class Agent {
  readonly #deps: AgentDeps;

  constructor(deps: AgentDeps) {
    this.#deps = deps;
  }

  get identity(): AgentIdentity {
    return this.#deps.identity;
  }

  /** Addresses of the HTTP API, as bound; empty before start. */
  get httpAddresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#deps.listener.addresses;
  }

  /** Resolves when the API answers. On failure everything that had started is stopped again. */
  async start(): Promise<void> {
    await this.#deps.lifecycle.start();
    this.#deps.logger.info('agent started', { addresses: this.httpAddresses.map(({ host, port }) => `${host}:${port}`) });
  }

  /** Stops without leaving: others will see this agent fail. Never rejects. */
  async stop(): Promise<void> {
    this.#deps.logger.info('stopping');
    await this.#deps.lifecycle.stop();
  }

  /** Leaves the cluster, then stops: others will see this agent left. */
  async leave(): Promise<void> {
    this.#deps.logger.info('leaving the cluster');
    try {
      await this.#deps.leavePool?.();
    } catch (error) {
      this.#deps.logger.error('could not leave the pool', { error: errorMessage(error) });
    }
    await this.stop();
  }

  /** The same as SIGHUP and `PUT /v1/agent/reload`. */
  reload(): Promise<void> {
    return this.#deps.reloader.reload();
  }
}
