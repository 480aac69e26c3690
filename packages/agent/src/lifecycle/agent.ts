import { errorMessage } from '@steppe/domain';
import type { Membership } from '@steppe/gossip';
import type { LogHub } from '@steppe/log-stream';
import type { Lifecycle, Logger } from '@steppe/runtime';
import type { HttpApi } from '../http/http-api.js';
import type { RouteTable } from '../http/route-table.js';
import type { AgentIdentity } from '../identity/agent-identity.js';
import type { Reloadable, Reloader } from '../reload/reloader.js';
import type { FatalErrors } from './fatal-errors.js';
import type { LogOutput } from './log-output.js';

export interface AgentDeps {
  readonly identity: AgentIdentity;
  readonly lifecycle: Lifecycle;
  readonly api: HttpApi;
  readonly reloader: Reloader;
  readonly reloadables: readonly Reloadable[];
  readonly output: LogOutput;
  readonly hub: LogHub;
  readonly fatal: FatalErrors;
  /** `undefined` without the server role. */
  readonly membership: Membership | undefined;
  readonly logger: Logger;
}

/** One agent, composed and ready to start. It starts and stops once. */
export class Agent {
  readonly #deps: AgentDeps;

  constructor(deps: AgentDeps) {
    this.#deps = deps;
    deps.output.attach(deps.hub);
    deps.reloader.attach(deps.reloadables);
  }

  get identity(): AgentIdentity {
    return this.#deps.identity;
  }

  /** Addresses of the HTTP API, as bound; empty before start. */
  get httpAddresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#deps.api.addresses;
  }

  /** The operations of the HTTP API, as data. */
  get routes(): RouteTable['routes'] {
    return this.#deps.api.table.routes;
  }

  /** Resolves when the API answers. On failure everything that had started is stopped again. */
  async start(): Promise<void> {
    try {
      await this.#deps.lifecycle.start();
    } catch (error) {
      await this.#closeLog();
      throw error;
    }
    this.#deps.logger.info('agent started', { node: this.identity.nodeName });
  }

  /** Stops without leaving: others will see this agent fail. Never rejects. */
  async stop(): Promise<void> {
    this.#deps.logger.info('stopping');
    await this.#deps.lifecycle.stop();
    await this.#closeLog();
  }

  /** Leaves the gossip pool, then stops: others will see this agent left. Never rejects. */
  async leave(): Promise<void> {
    const { membership, logger } = this.#deps;
    logger.info('leaving the cluster');
    try {
      await membership?.leave();
    } catch (error) {
      logger.error('could not leave the pool', { error: errorMessage(error) });
    }
    await this.stop();
  }

  /** Calls back when a part of the running agent finds that the agent cannot go on; it should be stopped then. */
  onFatal(listener: (error: Error) => void): void {
    this.#deps.fatal.onReport(listener);
  }

  /** The same as SIGHUP and `PUT /v1/agent/reload`. */
  reload(): Promise<void> {
    return this.#deps.reloader.reload();
  }

  /** Levels that still hold for some loggers are over: their timers would keep the process for as long as a day. */
  #closeLog(): Promise<void> {
    const { hub, output } = this.#deps;
    for (const { logger } of hub.loggerLevels) hub.clearLoggerLevel(logger);
    return output.close();
  }
}
