import type { Clock, Logger, Metrics, Phase, Random, Startable, Timer } from '@steppe/runtime';
import type { Secret } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { RpcIdentity } from '../handshake/peer-identity.js';
import type { RpcSecurity } from '../handshake/security.js';
import type { EndpointTable } from '../method/endpoint-table.js';
import { endpointTable } from '../method/endpoint-table.js';
import type { RpcEndpoint } from '../method/rpc-endpoint.js';
import type { ResolvedSessionOptions, RpcSessionOptions } from '../options.js';
import { DEFAULT_SESSION_OPTIONS } from '../options.js';
import { CallMeter } from '../session/call-meter.js';
import { ServeSession } from '../session/serve-session.js';
import type { BackoffOptions } from './backoff.js';
import { Backoff } from './backoff.js';
import type { Connection } from './dialler.js';
import { Dialler } from './dialler.js';
import { DEFAULT_DIAL_TIMEOUT_MS } from './rpc-client.js';

/** Waits between failed rounds over all servers, milliseconds. */
const DEFAULT_RETRY: BackoffOptions = { baseMs: 500, maxMs: 30_000 };

export interface ReverseLinkOptions extends RpcSessionOptions {
  readonly dialTimeoutMs?: number;
  /** Waits between rounds over the servers in which none could be reached; default 0.5 to 30 s. */
  readonly retry?: BackoffOptions;
}

/** A node as it shows itself to servers. */
export interface ReverseNode {
  /** Role `client`, with the node's id. */
  readonly identity: RpcIdentity;
  /** With which the node registers; only a proof of it travels here. */
  readonly secret: Secret;
}

export interface ReverseLinkDeps {
  /** Who this agent is; `undefined` as long as it has no node. */
  readonly self: () => ReverseNode | undefined;
  /** RPC addresses of the servers, best first; read anew for each round. */
  readonly servers: () => readonly string[];
  /** What the server may call. */
  readonly endpoints: readonly RpcEndpoint[];
  readonly security: RpcSecurity;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Keeps one connection to a server on which the server calls this agent, so that the agent needs no open port. Dials again
 * by itself when a session is lost, with waits that grow while no server can be reached or none keeps the session.
 */
export class ReverseLink implements Startable {
  readonly name = 'rpc-reverse-link';
  readonly phase: Phase = 'work';
  readonly #session: ResolvedSessionOptions;
  readonly #deps: ReverseLinkDeps;
  readonly #endpoints: EndpointTable;
  readonly #meter: CallMeter;
  readonly #dialler: Dialler;
  readonly #backoff: Backoff;
  #current: { readonly address: string; readonly session: ServeSession } | undefined;
  #retry: Timer | undefined;
  #round: Promise<void> | undefined;
  #isRunning = false;

  constructor(options: ReverseLinkOptions, deps: ReverseLinkDeps) {
    const { dialTimeoutMs = DEFAULT_DIAL_TIMEOUT_MS, retry = DEFAULT_RETRY, ...session } = options;
    this.#session = { ...DEFAULT_SESSION_OPTIONS, ...session };
    this.#deps = deps;
    this.#endpoints = endpointTable(deps.endpoints);
    this.#meter = new CallMeter('dialler', deps);
    this.#backoff = new Backoff(retry, deps.random);
    const self = (): RpcIdentity => {
      const node = deps.self();
      if (node === undefined) throw new Error('a reverse link without a node');
      return node.identity;
    };
    this.#dialler = new Dialler({ dialTimeoutMs }, { ...deps, self, meter: this.#meter });
  }

  /** Address of the server that can call this agent now. */
  get server(): string | undefined {
    return this.#current?.address;
  }

  /** Does not wait for a server: there may be none yet. */
  async start(): Promise<void> {
    this.#isRunning = true;
    this.#dialSoon(0);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#dialler.close();
    this.#retry?.cancel();
    this.#current?.session.close();
    await this.#round;
  }

  /** Turns to the best server there is now, unless that is the one it has. */
  rebalance(): void {
    const [best] = this.#deps.servers();
    if (this.#current !== undefined && this.#current.address !== best) this.#current.session.close();
  }

  #dialSoon(ms: number): void {
    this.#retry = this.#deps.clock.setTimer(ms, () => {
      this.#round = this.#dialRound();
    });
  }

  async #dialRound(): Promise<void> {
    const { self, servers, logger } = this.#deps;
    const node = self();
    if (node !== undefined) {
      for (const address of servers()) {
        if (!this.#isRunning) return;
        try {
          this.#serve(address, await this.#dialler.dial({ address, direction: 'reverse', nodeSecret: node.secret }));
          return;
        } catch (error) {
          logger.debug('rpc reverse session not opened', { address, error: errorMessage(error) });
        }
      }
    }
    if (this.#isRunning) this.#dialSoon(this.#backoff.next());
  }

  #serve(address: string, { socket, peer }: Connection): void {
    if (!this.#isRunning) {
      socket.destroy();
      return;
    }
    const { clock, logger } = this.#deps;
    const openedMs = clock.monotonic();
    const session = new ServeSession(
      socket,
      { ...this.#session, peer, direction: 'reverse' },
      {
        endpoints: this.#endpoints,
        clock,
        logger,
        meter: this.#meter,
        onClose: () => {
          this.#current = undefined;
          if (!this.#isRunning) return;
          logger.info('rpc reverse session lost', { address });
          // One that did not last is a failure too: else a server that closes at once would be dialled without end.
          if (clock.monotonic() - openedMs > this.#session.stopGraceMs) this.#backoff.reset();
          this.#dialSoon(this.#backoff.next());
        },
      },
    );
    this.#current = { address, session };
    logger.debug('rpc reverse session opened', { address });
  }
}
