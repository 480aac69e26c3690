import type { Member } from '@steppe/domain';
import { errorMessage, Secret } from '@steppe/domain';
import type { Clock, Logger, Metrics, Phase, Random, Startable } from '@steppe/runtime';
import { KeyringFile, volatileKeyring } from '../keyring/keyring-store.js';
import type { KeyringManager } from '../keyring/keyring.js';
import type { KeyRing } from '../keyring/key-ring.js';
import { openKeyRing } from '../keyring/open-key-ring.js';
import { PoolKeyring } from '../keyring/pool-keyring.js';
import type { MemberlistTiming } from '../memberlist/options.js';
import type { SuspicionRecord } from '../memberlist/suspicion.js';
import { NOMAD_SERF_TIMING } from '../serf/options.js';
import { Serf } from '../serf/serf.js';
import type { MemberGuard } from '../serf/serf-delegate.js';
import { FileSnapshotStore } from '../snapshot/file-snapshot-store.js';
import { NetTransport } from '../transport/net-transport.js';
import type { GossipAddress } from '../transport/transport.js';
import { formatAddress, parseJoinAddress } from './join-address.js';
import type { JoinResult, Membership } from './membership.js';
import { LoopLag } from './loop-lag.js';
import type { Resolver } from './resolver.js';
import { systemResolver } from './resolver.js';

export interface GossipPoolOptions {
  /** Name of our member; for servers `<node name>.<region>`. */
  readonly name: string;
  /** IP address to bind. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** IP address others should use; default the bound one. */
  readonly advertiseHost?: string;
  /** Asked at start, when every other listener has its port. At most 512 bytes encoded. */
  readonly tags: () => Readonly<Record<string, string>>;
  readonly timing: MemberlistTiming;
  /** Base64 key; absent is no encryption unless the keyring file holds keys. */
  readonly encryptKey?: Secret;
  /** Where keys outlive a restart; absent keeps them in memory. */
  readonly keyringFile?: string;
  /** Where the pool is remembered over a restart; absent is not. */
  readonly snapshotFile?: string;
  /** Goes back to the pool of the snapshot even after leaving it on purpose. Default: no. */
  readonly rejoinAfterLeave?: boolean;
}

export interface GossipPoolDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Refuses members. Default: takes all. */
  readonly memberGuard?: MemberGuard;
  /** Default: the system's. */
  readonly resolver?: Resolver;
}

/** The gossip pool of an agent: a {@link Serf} on real sockets, with names resolved and keys and pool kept in files. */
export class GossipPool implements Membership, Startable {
  readonly name = 'gossip';
  readonly phase: Phase = 'membership';
  readonly #options: GossipPoolOptions;
  readonly #deps: GossipPoolDeps;
  readonly #ring: KeyRing | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #lag: LoopLag;
  #serf: Serf | undefined;
  #keyring: PoolKeyring | undefined;

  /** @throws KEYRING_FILE_INVALID */
  constructor(options: GossipPoolOptions, deps: GossipPoolDeps) {
    this.#options = options;
    this.#deps = deps;
    const { encryptKey, keyringFile } = options;
    this.#ring = openKeyRing(encryptKey, keyringFile === undefined ? volatileKeyring : new KeyringFile(keyringFile));
    this.#lag = new LoopLag({ clock: deps.clock, onLag: (ms) => this.#serf?.noteLoopLag(ms) });
  }

  /** @throws GOSSIP_LISTEN_FAILED, GOSSIP_TAGS_TOO_LARGE */
  async start(): Promise<void> {
    const { name, host, port, advertiseHost, tags, timing, encryptKey, snapshotFile } = this.#options;
    const { clock, random, logger, metrics, memberGuard } = this.#deps;
    if (encryptKey !== undefined && this.#ring?.toBase64()[0] !== encryptKey.reveal()) {
      logger.warn('WARNING: keyring exists but -encrypt given, using keyring');
    }
    const transport = new NetTransport({ host, port, streamIdleMs: timing.tcpTimeoutMs }, { clock, logger, metrics });
    const serf = new Serf(
      {
        ...NOMAD_SERF_TIMING,
        memberlist: { ...timing, name, ...(advertiseHost === undefined ? {} : { advertise: { host: advertiseHost } }) },
        tags: tags(),
        rejoinAfterLeave: this.#options.rejoinAfterLeave ?? false,
      },
      {
        transport,
        clock,
        random,
        logger,
        metrics,
        ...(this.#ring && { keyring: this.#ring }),
        ...(memberGuard && { memberGuard }),
        ...(snapshotFile === undefined ? {} : { snapshotStore: new FileSnapshotStore(snapshotFile) }),
      },
    );
    serf.onEvent(({ type }) => {
      if (type !== 'user' && type !== 'query') this.#changed();
    });
    await serf.start();
    this.#serf = serf;
    this.#keyring = new PoolKeyring({ keys: serf.keyManager, logger });
    this.#lag.start();
    this.#changed();
  }

  async stop(): Promise<void> {
    this.#lag.stop();
    await this.#serf?.stop();
  }

  /** The gossip port really bound; 0 before start. */
  get port(): number {
    return this.#serf?.local().port ?? 0;
  }

  local(): Member {
    return this.#running().local();
  }

  members(): readonly Member[] {
    return this.#serf?.members() ?? NOBODY;
  }

  async join(addresses: readonly string[], { signal }: { readonly signal: AbortSignal }): Promise<JoinResult> {
    const serf = this.#running();
    const errors: string[] = [];
    const found = await Promise.all(addresses.map((address) => this.#resolve(address, errors)));
    const { joined, failures } = await serf.join(found.flat(), { ignoreOldEvents: true, signal });
    for (const { address, error } of failures) {
      const hint = address.port === RPC_PORT ? ' (4647 is the RPC port of servers; gossip listens on 4648)' : '';
      errors.push(`failed to join ${formatAddress(address.host, address.port)}: ${errorMessage(error)}${hint}`);
    }
    return { joined, errors };
  }

  async forceLeave(name: string, { prune }: { readonly prune: boolean }): Promise<void> {
    await this.#running().forceLeave(name, { prune });
  }

  async leave(): Promise<void> {
    await this.#running().leave();
  }

  keyring(): KeyringManager {
    this.#running();
    return this.#keyring as PoolKeyring;
  }

  localKeys(): readonly Secret[] {
    return (this.#ring?.toBase64() ?? []).map((key) => new Secret(key));
  }

  rttMs(name: string): number | undefined {
    const { name: own } = this.#options;
    return name === own ? 0 : this.#running().rttMs(own, name);
  }

  suspicions(name: string): readonly SuspicionRecord[] {
    return this.#running().suspicions(name);
  }

  stats(): Readonly<Record<string, string>> {
    return this.#running().stats();
  }

  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async #resolve(text: string, errors: string[]): Promise<readonly GossipAddress[]> {
    // Our own gossip port is the default: a pool agrees on one.
    const address = parseJoinAddress(text, this.port);
    try {
      if (typeof address === 'string') throw new Error(address);
      const hosts = await (this.#deps.resolver ?? systemResolver)(address.host);
      return hosts.map((host) => ({ host, port: address.port }));
    } catch (error) {
      errors.push(`failed to resolve ${text}: ${errorMessage(error)}`);
      return [];
    }
  }

  #running(): Serf {
    if (this.#serf === undefined) throw new Error('the gossip pool has not started');
    return this.#serf;
  }
}

/** Given by mistake more often than any other. */
const RPC_PORT = 4647;
const NOBODY: readonly Member[] = Object.freeze([]);
