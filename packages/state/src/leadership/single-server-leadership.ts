import type { Logger, Phase, Startable } from '@steppe/runtime';
import type { Leader, Leadership } from './leadership.js';

export interface SingleServerOptions {
  readonly serverId: string;
  /** Known only once the RPC listener has its port. */
  readonly rpcAddress: () => string;
  /**
   * `server.bootstrap_expect`. State that lives in one server cannot be shared, so a region that waits for more servers
   * never gets a leader: the agent runs, says so, and answers everything that needs none.
   */
  readonly bootstrapExpect: number;
}

/** Leadership where the state lives in one server: that server leads from start to stop. */
export class SingleServerLeadership implements Leadership, Startable {
  readonly name = 'leadership';
  readonly phase: Phase = 'work';
  readonly #options: SingleServerOptions;
  readonly #logger: Logger;
  readonly #listeners = new Set<(isLeader: boolean) => void>();
  #leads = false;

  constructor(options: SingleServerOptions, { logger }: { readonly logger: Logger }) {
    this.#options = options;
    this.#logger = logger;
  }

  get isLeader(): boolean {
    return this.#leads;
  }

  get term(): number {
    return this.#leads ? 1 : 0;
  }

  leader(): Leader | undefined {
    return this.#leads ? { id: this.#options.serverId, rpcAddress: this.#options.rpcAddress() } : undefined;
  }

  peers(): readonly string[] {
    return [this.#options.rpcAddress()];
  }

  onDidChange(listener: (isLeader: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    const { bootstrapExpect } = this.#options;
    if (bootstrapExpect > 1) {
      this.#logger.warn('no leader: the state of this server is its own, so it cannot wait for others', {
        bootstrap_expect: bootstrapExpect,
        fix: 'set server.bootstrap_expect to 1, or keep the state in etcd',
      });
      return;
    }
    this.#set(true);
    this.#logger.info('cluster leadership acquired');
  }

  async stop(): Promise<void> {
    if (this.#leads) this.#set(false);
  }

  #set(leads: boolean): void {
    this.#leads = leads;
    for (const listener of this.#listeners) listener(leads);
  }
}
