import type { Member, MemberStatus, Secret } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Metrics, Phase, Startable } from '@steppe/runtime';
import { isIP } from 'node:net';
import type { KeyringManager } from '../keyring/keyring.js';
import { KeyringFile, volatileKeyring } from '../keyring/keyring-store.js';
import { LocalKeyring } from '../keyring/local-keyring.js';
import { SingleMemberKeyring } from '../keyring/single-member-keyring.js';
import { GossipListener } from '../listener/gossip-listener.js';
import { formatAddress, parseJoinAddress } from './join-address.js';
import type { JoinResult, Membership } from './membership.js';
import { probeTcp, systemResolver } from './reachability.js';
import type { Resolver } from './reachability.js';

export interface SingleMemberPoolOptions {
  /** Name of our member; for servers `<node name>.<region>`. */
  readonly name: string;
  /** IP address to bind. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** IP address others should use; default the bound one. */
  readonly advertiseHost?: string;
  /** Asked at start, when every other listener has its port. */
  readonly tags: () => Readonly<Record<string, string>>;
  /** Base64 key; absent is no encryption unless the keyring file holds keys. */
  readonly encryptKey?: Secret;
  /** Where keys outlive a restart; absent keeps them in memory. */
  readonly keyringFile?: string;
}

export interface SingleMemberPoolDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: the system's. */
  readonly resolver?: Resolver;
}

const PROTOCOL = Object.freeze({ min: 1, max: 5, current: 2 });
const DELEGATE = Object.freeze({ min: 2, max: 5, current: 4 });
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * A gossip pool that holds our own member and no other. Everything it says is true of such a pool: joining its own
 * address succeeds, joining any other fails with the cause.
 */
export class SingleMemberPool implements Membership, Startable {
  readonly name = 'gossip';
  readonly phase: Phase = 'membership';
  readonly #options: SingleMemberPoolOptions;
  readonly #deps: SingleMemberPoolDeps;
  readonly #listener: GossipListener;
  readonly #listeners = new Set<() => void>();
  readonly #keyring: LocalKeyring | undefined;
  #tags: Readonly<Record<string, string>> = {};
  #status: MemberStatus = 'alive';
  #members: readonly Member[];

  /** @throws KEYRING_FILE_INVALID */
  constructor(options: SingleMemberPoolOptions, deps: SingleMemberPoolDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#listener = new GossipListener(options, deps);
    const { encryptKey, keyringFile } = options;
    this.#keyring = LocalKeyring.open(
      encryptKey,
      keyringFile === undefined ? volatileKeyring : new KeyringFile(keyringFile),
    );
    if (encryptKey !== undefined && this.#keyring?.keys[0] !== encryptKey.reveal()) {
      deps.logger.warn('WARNING: keyring exists but -encrypt given, using keyring');
    }
    this.#members = this.#snapshot();
  }

  async start(): Promise<void> {
    await this.#listener.open();
    this.#tags = this.#options.tags();
    this.#changed();
  }

  async stop(): Promise<void> {
    await this.#listener.close();
  }

  /** The gossip port really bound. */
  get port(): number {
    return this.#listener.port;
  }

  local(): Member {
    return this.#members[0] as Member;
  }

  members(): readonly Member[] {
    return this.#members;
  }

  async join(addresses: readonly string[], { signal }: { readonly signal: AbortSignal }): Promise<JoinResult> {
    const results = await Promise.all(addresses.map((address) => this.#contact(address, signal)));
    const failures = results.flat().filter((failure) => failure !== undefined);
    return { joined: results.flat().length - failures.length, errors: failures };
  }

  async forceLeave(): Promise<void> {
    // The only member there could be is ourselves, and we refute at once; with nobody to hear it, that changes nothing.
  }

  async leave(): Promise<void> {
    for (const status of ['leaving', 'left'] as const) {
      this.#status = status;
      this.#changed();
    }
  }

  keyring(): KeyringManager {
    return new SingleMemberKeyring(this.#keyring, this.#deps.logger);
  }

  stats(): Readonly<Record<string, string>> {
    const count = (status: MemberStatus): string =>
      `${this.#members.filter((member) => member.status === status).length}`;
    return {
      coordinate_resets: '0',
      encrypted: `${this.#keyring !== undefined}`,
      event_queue: '0',
      event_time: '1',
      failed: count('failed'),
      health_score: '0',
      intent_queue: '0',
      left: count('left'),
      member_time: '1',
      members: `${this.#members.length}`,
      query_queue: '0',
      query_time: '1',
    };
  }

  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One result per address the text stands for: `undefined` for a contact, else why there was none. */
  async #contact(text: string, signal: AbortSignal): Promise<readonly (string | undefined)[]> {
    const address = parseJoinAddress(text, this.port);
    if (typeof address === 'string') return [`failed to resolve ${text}: ${address}`];
    let hosts: readonly string[];
    try {
      hosts = isIP(address.host) === 0 ? await (this.#deps.resolver ?? systemResolver)(address.host) : [address.host];
    } catch (error) {
      return [`failed to resolve ${text}: ${errorMessage(error)}`];
    }
    return Promise.all(hosts.map((host) => this.#contactHost(host, address.port, signal)));
  }

  async #contactHost(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
    try {
      await probeTcp(host, port, { clock: this.#deps.clock, timeoutMs: CONNECT_TIMEOUT_MS, signal });
    } catch (error) {
      return `failed to join ${formatAddress(host, port)}: ${errorMessage(error)}`;
    }
    const { host: bound, advertiseHost } = this.#options;
    if (port === this.port && (host === bound || host === advertiseHost)) return undefined;
    return `failed to join ${formatAddress(host, port)}: this version holds a pool of one member`;
  }

  #snapshot(): readonly Member[] {
    const { name, host, advertiseHost } = this.#options;
    return Object.freeze([
      Object.freeze({
        name,
        address: advertiseHost ?? host,
        port: this.port,
        status: this.#status,
        tags: this.#tags,
        protocol: PROTOCOL,
        delegate: DELEGATE,
      }),
    ]);
  }

  #changed(): void {
    this.#members = this.#snapshot();
    for (const listener of this.#listeners) listener();
  }
}
