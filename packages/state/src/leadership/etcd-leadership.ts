import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Metrics, Phase, Startable, Timer } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { EtcdClient } from '../engine/etcd/etcd-client.js';
import type { Fence } from '../engine/etcd/etcd-engine.js';
import type { EtcdKeys, ServerRecord } from '../engine/etcd/etcd-keys.js';
import { rangeEnd } from '../engine/etcd/etcd-keys.js';
import type { KeyValue } from '../engine/etcd/wire/etcd-messages.js';
import { COMPARE_CREATE_REVISION, EVENT_PUT } from '../engine/etcd/wire/etcd-messages.js';
import { STATE_METRICS } from '../metrics.js';
import type { Leader, Leadership } from './leadership.js';

export interface EtcdLeadershipOptions {
  readonly serverId: string;
  /** Known only once the RPC listener has its port. */
  readonly rpcAddress: () => string;
  /** How long the region may be without a leader after one has died, seconds, integer, at least 1; default 10. */
  readonly leaseSeconds?: number;
}

export interface EtcdLeadershipDeps {
  readonly client: EtcdClient;
  readonly keys: EtcdKeys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Whether this server has a state at all: without, it leaves the lead to others. */
  readonly isStateRead: () => boolean;
  /** Resolves when this server's state has everything that earlier leaders wrote. */
  readonly catchUp: () => Promise<void>;
}

/** A lease of ours, and how long it surely still exists. */
interface Lease {
  readonly id: bigint;
  readonly ttlMs: number;
  /** By our own clock: from when the last renewal was asked for, so earlier than by etcd's. Monotonic milliseconds. */
  validUntilMs: number;
}

/** Waits after failures in a row, milliseconds: doubled each time up to the second. */
const RETRY_MS = [200, 3_000] as const;
/** Part of the lease that is given away for clocks that do not run alike. */
const SAFETY = 0.1;

/**
 * Leadership of a region whose state is in etcd. Each server holds a lease; the leader is the one whose lease carries the
 * leader's key. A leader steps down by its own clock before its lease can have ended, whether or not etcd can be reached.
 */
export class EtcdLeadership implements Leadership, Startable {
  readonly name = 'leadership';
  readonly phase: Phase = 'work';
  readonly #options: EtcdLeadershipOptions;
  readonly #deps: EtcdLeadershipDeps;
  readonly #listeners = new Set<(isLeader: boolean) => void>();
  readonly #servers = new Map<string, ServerRecord>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #lease: Lease | undefined;
  /** What lets us write; set from the moment leadership is announced until it is lost. */
  #fence: Fence | undefined;
  #known: { readonly record: ServerRecord; readonly createRevision: number; readonly lease: bigint } | undefined;
  #stepDown: Timer | undefined;
  #stopWatch: (() => void) | undefined;
  /** etcd's revision that `#known` is true at. */
  #knownAt = 0;
  /** Attempts in a row that have failed. */
  #failures = 0;
  #isWoken = false;
  #endPause: () => void = () => undefined;

  constructor(options: EtcdLeadershipOptions, deps: EtcdLeadershipDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get isLeader(): boolean {
    return this.fence !== undefined;
  }

  /** What etcd is to compare a write of ours with; `undefined` while this server does not lead. */
  get fence(): Fence | undefined {
    // Not only the timer counts: a process that was paused finds its lease over before any timer has fired.
    return this.#isLeaseValid ? this.#fence : undefined;
  }

  get term(): number {
    return this.#known?.createRevision ?? 0;
  }

  leader(): Leader | undefined {
    if (this.#known === undefined || !this.#isLeaseValid) return undefined;
    const isOurs = this.#known.record.id === this.#options.serverId;
    return isOurs && !this.isLeader ? undefined : this.#known.record;
  }

  peers(): readonly string[] {
    const { serverId, rpcAddress } = this.#options;
    const others = [...this.#servers.values()].filter(({ id }) => id !== serverId);
    return [rpcAddress(), ...others.map((server) => server.rpcAddress)].toSorted();
  }

  onDidChange(listener: (isLeader: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does not wait for a leader: an agent starts without etcd, and says that there is none. */
  async start(): Promise<void> {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('leadership stops'));
    this.#wake();
    await this.#running;
    this.#stopObserving();
    const lease = this.#lease;
    this.#endLease();
    // Others need not wait for the lease to end.
    if (lease !== undefined) await this.#deps.client.leaseRevoke(lease.id, { timeoutMs: 1_000 }).catch(() => undefined);
    this.#deps.client.close();
  }

  /** A write has shown that we do not lead any more. */
  deposed(): void {
    this.#lose('another server leads');
    // What we know has proved to be wrong.
    this.#stopObserving();
    this.#wake();
  }

  get #isLeaseValid(): boolean {
    return this.#lease !== undefined && this.#deps.clock.monotonic() < this.#lease.validUntilMs;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { logger } = this.#deps;
    const [firstMs, longestMs] = RETRY_MS;
    while (!signal.aborted) {
      let waitMs: number = firstMs;
      try {
        await this.#live();
      } catch (error) {
        waitMs = Math.min(firstMs * 2 ** this.#failures, longestMs);
        this.#failures += 1;
        logger.warn('no contact with etcd', { error: errorMessage(error), retry_ms: waitMs });
        if (!this.#isLeaseValid) this.#endLease();
      }
      await this.#pause(waitMs);
    }
  }

  /** Gets a lease, shows us to the others, and runs for leader again and again, until something fails. */
  async #live(): Promise<void> {
    const { clock, isStateRead } = this.#deps;
    if (!this.#isLeaseValid) await this.#newLease();
    await this.#register();
    await this.#observe();
    for (let renewAt = clock.monotonic(); !this.#stopping.signal.aborted; ) {
      const lease = this.#lease;
      if (lease === undefined) return;
      if (clock.monotonic() >= renewAt) {
        await this.#renew(lease);
        this.#failures = 0;
        renewAt = clock.monotonic() + lease.ttlMs / 4;
      }
      if (this.#stopWatch === undefined) await this.#observe();
      if (this.#known === undefined && isStateRead()) await this.#campaign(lease);
      else if (this.#known?.lease === lease.id && this.#fence === undefined) await this.#lead(lease);
      await this.#pause(Math.max(0, renewAt - clock.monotonic()));
    }
  }

  async #newLease(): Promise<void> {
    const { client, clock } = this.#deps;
    this.#endLease();
    const askedAt = clock.monotonic();
    const { id, ttl } = await client.leaseGrant(this.#options.leaseSeconds ?? 10);
    const ttlMs = ttl * 1_000;
    this.#lease = { id, ttlMs, validUntilMs: askedAt + ttlMs * (1 - SAFETY) };
    this.#armStepDown();
  }

  async #renew(lease: Lease): Promise<void> {
    const { client, clock } = this.#deps;
    const askedAt = clock.monotonic();
    const timeoutMs = Math.max(1, lease.validUntilMs - askedAt);
    const { ttl } = await client.leaseKeepAlive(lease.id, { timeoutMs });
    if (ttl === 0) {
      this.#endLease();
      throw new Error('the lease has ended');
    }
    if (this.#lease !== lease) return;
    lease.validUntilMs = askedAt + ttl * 1_000 * (1 - SAFETY);
    this.#armStepDown();
  }

  #armStepDown(): void {
    const { clock } = this.#deps;
    this.#stepDown?.cancel();
    const leftMs = (this.#lease?.validUntilMs ?? 0) - clock.monotonic();
    this.#stepDown = clock.setTimer(Math.max(0, leftMs), () => this.#endLease());
  }

  #endLease(): void {
    this.#stepDown?.cancel();
    this.#lease = undefined;
    this.#lose('the lease was not renewed in time');
    this.#setKnown(undefined, this.#knownAt);
  }

  async #register(): Promise<void> {
    const { client, keys } = this.#deps;
    const lease = this.#lease?.id ?? 0n;
    const key = keys.server(this.#options.serverId);
    await client.txn({ compare: [], success: [{ put: { key, value: this.#record(), lease } }], failure: [] });
  }

  #record(): string {
    const record: ServerRecord = { id: this.#options.serverId, rpcAddress: this.#options.rpcAddress() };
    return JSON.stringify(record);
  }

  /** Reads who is there, and follows it from then on. */
  async #observe(): Promise<void> {
    const { client, keys, logger } = this.#deps;
    this.#stopObserving();
    const range = { key: keys.cluster, rangeEnd: rangeEnd(keys.cluster) };
    const { kvs, header } = await client.range(range);
    this.#servers.clear();
    const leader = kvs.find((kv) => kv.key.toString('utf8') === keys.leader);
    for (const kv of kvs) if (kv !== leader) this.#noteServer(kv);
    const revision = header?.revision ?? 0;
    this.#setKnown(leader, revision);
    this.#stopWatch = client.watch(
      { ...range, startRevision: revision + 1 },
      {
        onResponse: ({ events }) => {
          for (const { type, kv } of events) {
            if (kv === undefined) continue;
            const isPut = type === EVENT_PUT;
            if (kv.key.toString('utf8') === keys.leader) this.#setKnown(isPut ? kv : undefined, kv.modRevision);
            else if (isPut) this.#noteServer(kv);
            else this.#servers.delete(kv.key.toString('utf8'));
          }
        },
        onEnd: (error) => {
          logger.debug('watch of the servers ended', { error: errorMessage(error) });
          this.#stopWatch = undefined;
          this.#wake();
        },
      },
    );
  }

  #noteServer({ key, value }: KeyValue): void {
    const record = parseRecord(value);
    if (record !== undefined) this.#servers.set(key.toString('utf8'), record);
  }

  #stopObserving(): void {
    this.#stopWatch?.();
    this.#stopWatch = undefined;
  }

  #setKnown(kv: KeyValue | undefined, revision: number): void {
    // The watch tells late what the reply to our candidature has told already.
    if (revision < this.#knownAt) return;
    this.#knownAt = revision;
    const record = kv === undefined ? undefined : parseRecord(kv.value);
    const before = this.#known;
    this.#known =
      kv === undefined || record === undefined
        ? undefined
        : { record, createRevision: kv.createRevision, lease: kv.lease };
    if (before?.createRevision === this.#known?.createRevision) return;
    if (this.#fence !== undefined && this.#fence.createRevision !== this.#known?.createRevision) {
      this.#lose('another server leads');
    } else if (this.#fence === undefined) this.#tell();
    this.#wake();
  }

  /** Puts the leader's key, if there is none. Whether it was we who did it, the watch tells. */
  async #campaign(lease: Lease): Promise<void> {
    const { client, keys } = this.#deps;
    const { succeeded, responses, header } = await client.txn({
      compare: [{ target: COMPARE_CREATE_REVISION, key: keys.leader, createRevision: 0 }],
      success: [
        { put: { key: keys.leader, value: this.#record(), lease: lease.id } },
        // In the reply, so that we need not wait for the watch.
        { range: { key: keys.leader } },
      ],
      failure: [{ range: { key: keys.leader } }],
    });
    const leader = responses[succeeded ? 1 : 0]?.range?.kvs[0];
    if (this.#lease !== lease) return;
    this.#setKnown(leader, header?.revision ?? 0);
    if (leader?.lease === lease.id) await this.#lead(lease);
  }

  async #lead(lease: Lease): Promise<void> {
    const { catchUp, client, logger, metrics, keys } = this.#deps;
    const elected = this.#known;
    try {
      await catchUp();
    } catch (error) {
      // Elected, and not able to lead: as long as it holds the key nobody else can.
      this.#endLease();
      await client.leaseRevoke(lease.id, { timeoutMs: 1_000 }).catch(() => undefined);
      throw error;
    }
    // Much may have happened meanwhile.
    if (elected === undefined || this.#known?.createRevision !== elected.createRevision) return;
    if (this.#lease !== lease || !this.#isLeaseValid || this.#stopping.signal.aborted) return;
    this.#fence = { key: keys.leader, createRevision: elected.createRevision };
    metrics.incrCounter(STATE_METRICS.leaderGained);
    logger.info('cluster leadership acquired', { term: this.term });
    this.#tell();
  }

  #lose(reason: string): void {
    if (this.#fence === undefined) return;
    this.#fence = undefined;
    this.#deps.metrics.incrCounter(STATE_METRICS.leaderLost);
    this.#deps.logger.warn('cluster leadership lost', { reason });
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.isLeader);
  }

  #wake(): void {
    this.#isWoken = true;
    this.#endPause();
  }

  /** Waits, but not longer than there is nothing to do. */
  async #pause(ms: number): Promise<void> {
    if (!this.#isWoken) {
      const waking = new AbortController();
      this.#endPause = () => waking.abort(new Error('there is something to do'));
      await sleep(this.#deps.clock, ms, { signal: waking.signal }).catch(() => undefined);
    }
    this.#isWoken = false;
  }
}

function parseRecord(value: Buffer): ServerRecord | undefined {
  try {
    const { id, rpcAddress } = JSON.parse(value.toString('utf8')) as Partial<ServerRecord>;
    return typeof id === 'string' && typeof rpcAddress === 'string' ? { id, rpcAddress } : undefined;
  } catch {
    // Not written by us; whoever it is does not serve this region.
    return undefined;
  }
}
