import type { Allocation, NodeRegistration, Secret, SignedIdentity } from '@steppe/domain';
import { errorMessage, formatGoDuration, msToNanoseconds } from '@steppe/domain';
import type { Clock, Logger, Metrics, Phase, Random, Startable } from '@steppe/runtime';
import { collectByKey } from '@steppe/runtime';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskAllocFolders } from '../allocs/alloc-folders.js';
import type { TaskRestart, TaskSignal } from '../allocs/alloc-runner.js';
import { AllocWatch } from '../allocs/alloc-watch.js';
import type { AllocationState } from '../allocs/allocations.js';
import { Allocations } from '../allocs/allocations.js';
import type { AllocationUsage } from '../allocs/allocation-usage.js';
import { Deferred } from '../allocs/deferred.js';
import { FileAllocStore, noAllocStore } from '../allocs/file-alloc-store.js';
import type { GarbageCollectorOptions } from '../allocs/garbage-collector.js';
import { GarbageCollector } from '../allocs/garbage-collector.js';
import type { IdentityName } from '../allocs/task-tokens.js';
import { visibleHostEnvironment } from '../allocs/task-environment.js';
import { fingerprintDrivers } from '../drivers/fingerprint-drivers.js';
import type { TaskDriver } from '../drivers/task-driver.js';
import { AllocFiles } from '../files/alloc-files.js';
import { fingerprintNode } from '../fingerprint/fingerprint-node.js';
import type { Fingerprinter } from '../fingerprint/fingerprinter.js';
import { nodeRegistration } from '../fingerprint/node-registration.js';
import { HeartbeatDelays } from '../heartbeat/heartbeat-delays.js';
import type { ContactKind } from '../heartbeat/heartbeat-loop.js';
import { HeartbeatLoop } from '../heartbeat/heartbeat-loop.js';
import type { HostUsage } from '../host/host-meter.js';
import { HostMeter } from '../host/host-meter.js';
import type { NodeIdentity } from '../identity/node-identity.js';
import { loadNodeIdentity } from '../identity/node-identity.js';
import { CLIENT_METRICS } from '../metrics.js';
import type { ClientRuntimeOptions } from '../options.js';
import type { AllocLink, AllocReport } from '../servers/alloc-link.js';
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
  /** Default: the node takes no work. */
  readonly allocLink?: AllocLink | undefined;
  /** Ways to run tasks. */
  readonly drivers?: readonly TaskDriver[];
  readonly fingerprinters: readonly Fingerprinter[];
  readonly resolve: HostResolver;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const DEFAULT_RPC_HOLD_TIMEOUT_MS = 5_000;
const DEFAULT_FINGERPRINT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_KILL_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_ALLOCS = 50;
const GARBAGE: GarbageCollectorOptions = { intervalMs: 60_000, maxDiskPercent: 80, maxInodePercent: 70 };

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
  readonly #caller: ServerCaller;
  readonly #drivers: ReadonlyMap<string, TaskDriver>;
  readonly #folders: DiskAllocFolders;
  readonly #allocations: Allocations;
  readonly #host: HostMeter;
  readonly #collector: GarbageCollector;
  readonly #watch: AllocWatch | undefined;
  readonly #registered = new Deferred<void>();
  #registration: NodeRegistration | undefined;
  readonly #abort = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  /** @throws CLIENT_IDENTITY_INVALID; an `Error` when two fingerprinters, or two drivers, have one name */
  constructor(options: ClientRuntimeOptions, deps: ClientRuntimeDeps) {
    const { devMode = false, stateFolder, rpcHoldTimeoutMs = DEFAULT_RPC_HOLD_TIMEOUT_MS } = options;
    this.#options = options;
    this.#deps = deps;
    this.#fingerprinters = [...collectByKey('Fingerprinter', deps.fingerprinters, ({ name }) => name).values()];
    this.#identity = loadNodeIdentity(stateFolder, deps);
    const servers = new ServerList(deps);
    this.#servers = servers;
    this.#rebalancer = new ServerRebalancer({ ...deps, servers });
    const caller = new ServerCaller({ holdTimeoutMs: rpcHoldTimeoutMs }, { ...deps, servers });
    this.#caller = caller;
    this.#heartbeats = new HeartbeatLoop({
      ...deps,
      identity: this.#identity,
      caller,
      delays: new HeartbeatDelays({ devMode }, deps),
      prepare: () => this.#seed(),
      onReply: (reply, contact) => this.#learn(reply, contact),
    });
    this.#drivers = collectByKey('TaskDriver', deps.drivers ?? [], ({ name }) => name);
    const allocFolder = this.#allocFolder();
    this.#folders = new DiskAllocFolders(allocFolder);
    this.#allocations = this.#createAllocations();
    this.#host = new HostMeter({ allocFolder }, deps);
    this.#collector = new GarbageCollector(
      { ...GARBAGE, ...options.garbage },
      { ...deps, usage: () => this.#host.allocDisk(), collectOldest: () => this.#allocations.collectOldest() },
    );
    const { allocLink } = deps;
    if (allocLink !== undefined) {
      const identity = this.#identity;
      this.#watch = new AllocWatch({ ...deps, link: allocLink, identity, caller, allocations: this.#allocations });
    }
  }

  get nodeId(): string {
    return this.#identity.id;
  }

  get nodeSecret(): Secret {
    return this.#identity.secret;
  }

  async start({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { fingerprintTimeoutMs: timeoutMs = DEFAULT_FINGERPRINT_TIMEOUT_MS } = this.#options;
    const [found, { drivers, attributes }] = await Promise.all([
      fingerprintNode(this.#fingerprinters, { timeoutMs }, this.#deps),
      fingerprintDrivers(this.#drivers.values(), { timeoutMs }, this.#deps),
    ]);
    signal.throwIfAborted();
    const all = { ...found, drivers, attributes: { ...found.attributes, ...attributes } };
    const registration = nodeRegistration(this.nodeId, this.#options.node, all);
    this.#registration = registration;
    await this.#allocations.restore();
    const lifetime = { signal: this.#abort.signal };
    this.#running = Promise.all([
      this.#heartbeats.run(registration, lifetime),
      this.#rebalancer.run(lifetime),
      this.#takeWork(lifetime),
      this.#collector.run(lifetime),
    ]);
  }

  /** Tasks go on without the agent, but for a development agent's, and where nothing would find them again. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error('the client is stopping'));
    this.#registered.resolve();
    await this.#running;
    await this.#allocations.stop({ killTasks: this.#isTransient });
    if (this.#isTransient && this.#options.allocFolder === undefined) await this.#folders.removeAll();
  }

  allocations(): readonly AllocationState[] {
    return this.#allocations.list();
  }

  files(allocId: string): AllocFiles {
    const { id, group } = this.#allocations.get(allocId);
    return new AllocFiles(this.#folders.root(id), { tasks: (group?.tasks ?? []).map(({ name }) => name) }, this.#deps);
  }

  usage(allocId: string): Promise<AllocationUsage> {
    return this.#allocations.usage(allocId);
  }

  hostUsage(): Promise<HostUsage> {
    return this.#host.read({ cpuShares: this.#registration?.resources.cpuShares ?? 0 });
  }

  collect(allocId: string): Promise<void> {
    return this.#allocations.collect(allocId);
  }

  collectAll(): Promise<void> {
    return this.#allocations.collectAll();
  }

  async restart(allocId: string, restart: TaskRestart): Promise<void> {
    await this.#allocations.get(allocId).restart(restart);
  }

  async signal(allocId: string, signal: TaskSignal): Promise<void> {
    await this.#allocations.get(allocId).signal(signal);
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
      num_allocations: `${this.allocations().length}`,
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

  /** Whether nothing of this agent is to be left when it has stopped. */
  get #isTransient(): boolean {
    const { devMode = false, stateFolder } = this.#options;
    return devMode || stateFolder === undefined;
  }

  #allocFolder(): string {
    const { allocFolder, stateFolder } = this.#options;
    if (allocFolder !== undefined) return allocFolder;
    return this.#isTransient || stateFolder === undefined
      ? join(tmpdir(), `steppe-alloc-${this.nodeId}`)
      : join(stateFolder, 'alloc');
  }

  #createAllocations(): Allocations {
    const { environment = {}, maxAllocs = DEFAULT_MAX_ALLOCS, stateFolder } = this.#options;
    const { maxKillTimeoutMs = DEFAULT_MAX_KILL_TIMEOUT_MS } = this.#options;
    return new Allocations(
      { maxKillTimeoutMs, maxAllocs },
      {
        ...this.#deps,
        drivers: this.#drivers,
        folders: this.#folders,
        store:
          this.#isTransient || stateFolder === undefined
            ? noAllocStore
            : new FileAllocStore(join(stateFolder, 'allocs'), this.#deps),
        node: () => this.#registration as NodeRegistration,
        host: visibleHostEnvironment(environment),
        send: (reports) => this.#report(reports),
        signIdentities: (allocation, names) => this.#signIdentities(allocation, names),
      },
    );
  }

  /** Runs what the servers place here, from the moment that they know the node. */
  async #takeWork(lifetime: { readonly signal: AbortSignal }): Promise<void> {
    await this.#registered.promise;
    await this.#watch?.run(lifetime);
  }

  async #report(reports: readonly AllocReport[]): Promise<void> {
    const { signal } = this.#abort;
    const link = this.#deps.allocLink;
    await this.#caller.call(async (server) => link?.updateAllocs(server, this.#identity, reports, { signal }), {
      signal,
    });
  }

  async #signIdentities(
    { id, allocModifyIndex }: Allocation,
    names: readonly IdentityName[],
  ): Promise<readonly SignedIdentity[]> {
    const { signal } = this.#abort;
    const { allocLink } = this.#deps;
    const query = { allocId: id, names, minIndex: allocModifyIndex };
    return this.#caller.call(
      async (server) => (await allocLink?.signIdentities(server, this.#identity, query, { signal })) ?? [],
      { signal },
    );
  }

  /** The region knows its servers best. A reply without any is no reason to forget the one that sent it. */
  #learn({ servers, nodeCount }: HeartbeatReply, contact: ContactKind): void {
    this.#registered.resolve();
    this.#allocations.contact(contact);
    if (contact.isAnew) this.#watch?.reset();
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
