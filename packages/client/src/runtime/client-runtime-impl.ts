import type { Secret } from '@steppe/domain';
import { errorMessage, formatGoDuration, msToNanoseconds } from '@steppe/domain';
import type { Clock, Logger, Metrics, Phase, Random, Startable } from '@steppe/runtime';
import { collectByKey } from '@steppe/runtime';
import { fingerprintNode } from '../fingerprint/fingerprint-node.js';
import type { Fingerprinter } from '../fingerprint/fingerprinter.js';
import { nodeRegistration } from '../fingerprint/node-registration.js';
import { HeartbeatDelays } from '../heartbeat/heartbeat-delays.js';
import { HeartbeatLoop } from '../heartbeat/heartbeat-loop.js';
import type { NodeIdentity } from '../identity/node-identity.js';
import { loadNodeIdentity } from '../identity/node-identity.js';
import { CLIENT_METRICS } from '../metrics.js';
import type { ClientRuntimeOptions } from '../options.js';
import { reachableServers } from '../servers/reachable-servers.js';
import type { HostResolver } from '../servers/server-address.js';
import { resolveServerAddress } from '../servers/server-address.js';
import { ServerCaller } from '../servers/server-caller.js';
import type { HeartbeatReply, ServerLink } from '../servers/server-link.js';
import { ServerList } from '../servers/server-list.js';
import { ServerRebalancer } from '../servers/server-rebalancer.js';
import type { ClientRuntime } from './client-runtime.js';

export interface ClientRuntimeDeps {
  readonly link: ServerLink;
  readonly fingerprinters: readonly Fingerprinter[];
  readonly resolve: HostResolver;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const DEFAULT_RPC_HOLD_TIMEOUT_MS = 5_000;
const DEFAULT_FINGERPRINT_TIMEOUT_MS = 10_000;

/**
 * Makes this agent a node of the region. Starting waits for the fingerprints only; registration and heartbeats go on in the
 * background, so that a client starts whether or not its servers do.
 */
export class ClientRuntimeImpl implements ClientRuntime, Startable {
  readonly name = 'client-runtime';
  readonly phase: Phase = 'work';
  readonly #options: ClientRuntimeOptions;
  readonly #deps: ClientRuntimeDeps;
  readonly #fingerprinters: readonly Fingerprinter[];
  readonly #identity: NodeIdentity;
  readonly #servers: ServerList;
  readonly #rebalancer: ServerRebalancer;
  readonly #heartbeats: HeartbeatLoop;
  readonly #abort = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  /** @throws CLIENT_IDENTITY_INVALID; an `Error` when two fingerprinters have one name */
  constructor(options: ClientRuntimeOptions, deps: ClientRuntimeDeps) {
    const { devMode = false, stateFolder, rpcHoldTimeoutMs = DEFAULT_RPC_HOLD_TIMEOUT_MS } = options;
    this.#options = options;
    this.#deps = deps;
    this.#fingerprinters = [...collectByKey('Fingerprinter', deps.fingerprinters, ({ name }) => name).values()];
    this.#identity = loadNodeIdentity(stateFolder, deps);
    const servers = new ServerList(deps);
    this.#servers = servers;
    this.#rebalancer = new ServerRebalancer({ ...deps, servers });
    this.#heartbeats = new HeartbeatLoop({
      ...deps,
      identity: this.#identity,
      caller: new ServerCaller({ holdTimeoutMs: rpcHoldTimeoutMs }, { ...deps, servers }),
      delays: new HeartbeatDelays({ devMode }, deps),
      prepare: () => this.#seed(),
      onReply: (reply) => this.#learn(reply),
    });
  }

  get nodeId(): string {
    return this.#identity.id;
  }

  get nodeSecret(): Secret {
    return this.#identity.secret;
  }

  async start({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { fingerprintTimeoutMs = DEFAULT_FINGERPRINT_TIMEOUT_MS } = this.#options;
    const found = await fingerprintNode(this.#fingerprinters, { timeoutMs: fingerprintTimeoutMs }, this.#deps);
    signal.throwIfAborted();
    const registration = nodeRegistration(this.nodeId, this.#options.node, found);
    const lifetime = { signal: this.#abort.signal };
    this.#running = Promise.all([this.#heartbeats.run(registration, lifetime), this.#rebalancer.run(lifetime)]);
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('the client is stopping'));
    await this.#running;
  }

  servers(): readonly string[] {
    return this.#servers.all();
  }

  async setServers(addresses: readonly string[]): Promise<void> {
    const { signal } = this.#abort;
    this.#use(await reachableServers(addresses, this.#deps, { signal }), { wake: true });
  }

  stats(): Readonly<Record<string, string>> {
    const { contact } = this.#heartbeats;
    return {
      node_id: this.nodeId,
      known_servers: this.servers().join(','),
      num_allocations: '0',
      // Before the first contact there is no such duration.
      last_heartbeat: contact === undefined ? 'never' : goDuration(this.#deps.clock.monotonic() - contact.atMs),
      heartbeat_ttl: goDuration(contact?.heartbeatTtlMs ?? 0),
    };
  }

  /** As long as no server is known, those of the configuration are; nobody is pinged for that. */
  async #seed(): Promise<void> {
    if (this.#servers.size > 0) return;
    const { logger, resolve } = this.#deps;
    const seeds = await Promise.all(
      this.#options.seeds().map(async (address) => {
        try {
          return [await resolveServerAddress(address, resolve)];
        } catch (error) {
          logger.warn('server address is of no use', { address, error: errorMessage(error) });
          return [];
        }
      }),
    );
    // Somebody may have set servers while the names were resolved.
    if (this.#servers.size === 0) this.#use(seeds.flat());
  }

  /** The region knows its servers best. A reply without any is no reason to forget the one that sent it. */
  #learn({ servers, nodeCount }: HeartbeatReply): void {
    this.#rebalancer.observe({ nodeCount });
    if (servers.length > 0) this.#use(servers);
  }

  #use(servers: readonly string[], { wake = false } = {}): void {
    if (!this.#servers.replace(servers)) return;
    this.#deps.metrics.setGauge(CLIENT_METRICS.knownServers, this.#servers.size);
    this.#deps.logger.info('servers changed', { servers: this.#servers.all().join(',') });
    if (wake) this.#heartbeats.wake();
  }
}

/** Whole milliseconds are as exact as anybody cares to know. */
const goDuration = (ms: number): string => formatGoDuration(msToNanoseconds(Math.round(ms)));
