import type { Member } from '@steppe/domain';
import { sleep } from '@steppe/runtime';
import type { Coordinate } from '../coordinate/coordinate.js';
import { gossipError } from '../errors.js';
import type { StartOptions } from '../memberlist/memberlist.js';
import type { SuspicionRecord } from '../memberlist/suspicion.js';
import { rejoin } from '../snapshot/rejoin.js';
import type { SnapshotState } from '../snapshot/snapshot-text.js';
import type { GossipAddress } from '../transport/transport.js';
import { encodeTags } from '../wire/tags.js';
import type { KeyManager } from './key-manager.js';
import type { SerfOptions } from './options.js';
import { Periodic } from './periodic.js';
import type { QueryOptions } from './queries.js';
import type { Query } from './query-collector.js';
import { Reconnector } from './reconnector.js';
import type { SerfEvent } from './serf-event.js';
import type { SerfDeps, SerfParts } from './serf-parts.js';
import { assembleSerf } from './serf-parts.js';

export interface SerfJoinOptions {
  /** Whether events that the pool had before are nothing to us. Default: no. */
  readonly ignoreOldEvents?: boolean;
  /** Gives up what is not done. */
  readonly signal?: AbortSignal;
}

export interface SerfJoinResult {
  /** Addresses that answered; one given twice counts twice. */
  readonly joined: number;
  readonly failures: readonly { readonly address: GossipAddress; readonly error: Error }[];
}

/**
 * One member of a gossip pool, compatible with hashicorp/serf: who is in the pool and what became of them, events and
 * queries to everybody, the keys the pool speaks with. This class gives the orders; the parts do the work.
 */
export class Serf {
  readonly #options: SerfOptions;
  readonly #deps: SerfDeps;
  readonly #parts: SerfParts;
  readonly #periodic: Periodic;
  /** Aborts what waits when we stop. */
  readonly #stopping = new AbortController();
  #state: 'new' | 'running' | 'leaving' | 'left' | 'stopped' = 'new';
  #meta: Uint8Array;
  #leave: Promise<void> | undefined;
  #resolveStopped!: () => void;

  /** Resolves once stopped, be it because the pool gave our name to another member. */
  readonly stopped = new Promise<void>((resolve) => (this.#resolveStopped = resolve));

  /** @throws GOSSIP_TAGS_TOO_LARGE */
  constructor(options: SerfOptions, deps: SerfDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#meta = encodeTags(options.tags);
    this.#periodic = new Periodic(deps);
    this.#parts = assembleSerf(options, deps, {
      meta: () => this.#meta,
      onNameLost: () => void this.stop(),
    });
  }

  /**
   * Binds and becomes a member of a pool of its own; with a snapshot it then looks for the pool of its earlier life.
   * @throws GOSSIP_LISTEN_FAILED; what the snapshot store throws; SERF_NOT_RUNNING when it was started before
   */
  async start(options: StartOptions = {}): Promise<void> {
    if (this.#state !== 'new') throw notRunning();
    const { snapshot, memberlist, timing, reaper, broadcasts, table } = this.#parts;
    const previous = await snapshot?.open();
    if (previous !== undefined) this.#restore(previous);
    try {
      await memberlist.start(options);
    } catch (error) {
      await snapshot?.close();
      throw error;
    }
    if (this.#stopping.signal.aborted) {
      // Stopped meanwhile, when there was nothing bound yet.
      await memberlist.stop();
      throw notRunning();
    }
    this.#state = 'running';
    const { random, logger } = this.#deps;
    const join = (address: GossipAddress): Promise<void> => this.#exchange(address);
    const reconnector = new Reconnector({ random, table, join, logger });
    const started = (options.pool ?? []).length > 0 ? 'long ago' : 'now';
    this.#periodic.every(timing.reapIntervalMs, () => reaper.tick(), { started });
    this.#periodic.every(timing.reconnectIntervalMs, () => reconnector.tick(), { started });
    this.#periodic.every(timing.queueCheckIntervalMs, () => broadcasts.sample(), { started });
    if (previous !== undefined) void this.#rejoin(previous);
  }

  /** Stops at once and tells nobody: without {@link leave} before, the others will find us failed. Idempotent. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    const { queries, intents, broadcasts, hub, memberlist, snapshot } = this.#parts;
    this.#stopping.abort(notRunning());
    this.#periodic.stop();
    queries.stop();
    intents.stop();
    broadcasts.clear();
    await memberlist.stop();
    hub.flush();
    await snapshot?.close();
    this.#resolveStopped();
  }

  /**
   * Exchanges state with each address, and tells the pool that we are in it when one of them answers. Rejects for no
   * address that fails. A peer that refuses us may still have answered: whether we are in, only another member can tell.
   * @throws SERF_NOT_RUNNING
   */
  async join(
    addresses: readonly GossipAddress[],
    { ignoreOldEvents = false, signal }: SerfJoinOptions = {},
  ): Promise<SerfJoinResult> {
    this.#mustRun();
    const { memberlist, pushPull, intents } = this.#parts;
    const join = () => memberlist.join(addresses, signal === undefined ? {} : { signal });
    const outcomes = await (ignoreOldEvents ? pushPull.ignoringOldEvents(join) : join());
    const failures = outcomes.flatMap(({ address, error }) => (error === undefined ? [] : [{ address, error }]));
    const joined = outcomes.length - failures.length;
    if (joined > 0 && this.#state === 'running') intents.announceJoin();
    return { joined, failures };
  }

  /**
   * Says goodbye: the others see us leaving, then left, never failed. Resolves when we may {@link stop}; until then we go
   * on answering. What cannot be told in time is left untold. Calling again waits for the same departure.
   * @throws SERF_NOT_RUNNING
   */
  leave(): Promise<void> {
    if (this.#leave === undefined) {
      if (this.#state !== 'running') return Promise.reject(notRunning());
      this.#state = 'leaving';
      this.#leave = this.#sayGoodbye();
    }
    return this.#leave;
  }

  /**
   * Makes a failed member one that left, so that nobody waits for it; `prune` forgets it at once. A live member refutes,
   * and so do we; a name that nobody has means nothing. Resolves when it was told often enough, or could not be.
   * @throws SERF_NOT_RUNNING; MEMBER_NOT_PRUNABLE for a member that is neither failed nor left: peers of other make would
   * lose sight of it although it lives
   */
  async forceLeave(name: string, { prune }: { readonly prune: boolean }): Promise<void> {
    this.#mustRun();
    const { table, intents } = this.#parts;
    const status = table.get(name)?.member.status;
    if (status === undefined || name === this.#options.memberlist.name) return;
    if (prune && status !== 'failed' && status !== 'left') {
      throw gossipError(
        { code: 'MEMBER_NOT_PRUNABLE', member: name, status },
        `member ${name} is ${status}: only failed and left members can be pruned`,
      );
    }
    await this.#spread(intents.forceLeave(name, { prune }));
  }

  /** All members, ours included: the same frozen array until something changes. */
  members(): readonly Member[] {
    return this.#parts.table.members();
  }

  /** Our own member. @throws SERF_NOT_RUNNING before start */
  local(): Member {
    const record = this.#parts.table.get(this.#options.memberlist.name);
    if (record === undefined) throw notRunning();
    return record.member;
  }

  /**
   * Replaces what we tell of ourselves; resolves when it was told.
   * @throws GOSSIP_TAGS_TOO_LARGE, and nothing changes; GOSSIP_BROADCAST_TIMEOUT; SERF_NOT_RUNNING
   */
  async setTags(tags: Readonly<Record<string, string>>): Promise<void> {
    this.#mustRun();
    this.#meta = encodeTags(tags);
    await this.#parts.memberlist.updateMeta({ timeoutMs: this.#parts.timing.broadcastTimeoutMs });
  }

  /**
   * Gives an event to every member, us included.
   * @param options.coalesce - whether receivers may keep only the latest of this name. Default: no
   * @throws USER_EVENT_TOO_LARGE, SERF_NOT_RUNNING
   */
  userEvent(name: string, payload: Uint8Array, { coalesce = false }: { readonly coalesce?: boolean } = {}): void {
    this.#mustRun();
    this.#parts.userEvents.send(name, payload, { coalesce });
  }

  /**
   * Asks every member that the filters let through, us included.
   * @throws QUERY_TOO_LARGE, TOO_MANY_QUERIES, SERF_NOT_RUNNING; the reason of a signal that has aborted
   */
  query(name: string, payload: Uint8Array, options: QueryOptions = {}): Query {
    this.#mustRun();
    return this.#parts.queries.ask(name, payload, options);
  }

  /** Calls for every event from now on. What a listener throws is logged. @returns ends that */
  onEvent(listener: (event: SerfEvent) => void): () => void {
    return this.#parts.hub.onEvent(listener);
  }

  /** The keys of the pool. */
  get keyManager(): KeyManager {
    return this.#parts.keyManager;
  }

  /** Where we are in the network coordinate space; nothing when coordinates are off. */
  coordinate(): Coordinate | undefined {
    return this.#parts.coordinates?.own;
  }

  /** What a member said of its place when we probed it last, or ours. */
  cachedCoordinate(name: string): Coordinate | undefined {
    return this.#parts.coordinates?.cached(name);
  }

  /** Estimated round trip between two members, milliseconds; nothing when either place is unknown. */
  rttMs(nameA: string, nameB: string): number | undefined {
    return this.#parts.coordinates?.rttMs(nameA, nameB);
  }

  /** The last suspicions of a member, oldest first; empty when it is unknown. */
  suspicions(name: string): readonly SuspicionRecord[] {
    return this.#parts.memberlist.suspicions(name);
  }

  /** Tells how late the event loop runs, milliseconds, as {@link Memberlist.noteLoopLag} has it. */
  noteLoopLag(ms: number): void {
    this.#parts.memberlist.noteLoopLag(ms);
  }

  /** What serf tells of itself, every value a text. */
  stats(): Readonly<Record<string, string>> {
    const { table, memberlist, memberClock, eventClock, queryClock, broadcasts, coordinates } = this.#parts;
    return {
      members: `${table.size}`,
      failed: `${table.count('failed')}`,
      left: `${table.count('left')}`,
      health_score: `${memberlist.healthScore}`,
      member_time: `${memberClock.time}`,
      event_time: `${eventClock.time}`,
      query_time: `${queryClock.time}`,
      intent_queue: `${broadcasts.depth('intent')}`,
      event_queue: `${broadcasts.depth('event')}`,
      query_queue: `${broadcasts.depth('query')}`,
      encrypted: `${this.#deps.keyring !== undefined}`,
      ...(coordinates && { coordinate_resets: `${coordinates.resets}` }),
    };
  }

  /** Continues where an earlier life stopped: what came before was heard then. */
  #restore({ clock, eventClock, queryClock }: SnapshotState): void {
    const { memberClock, userEvents, queryHandler, ...parts } = this.#parts;
    memberClock.witness(clock);
    parts.eventClock.witness(eventClock);
    parts.queryClock.witness(queryClock);
    userEvents.ignoreBefore(eventClock + 1);
    queryHandler.ignoreBefore(queryClock + 1);
  }

  /** serf: no join intent follows; the members know us by our earlier one. */
  async #rejoin({ alive }: SnapshotState): Promise<void> {
    const { random, logger } = this.#deps;
    const others = new Map(alive);
    others.delete(this.#options.memberlist.name);
    const join = (address: GossipAddress): Promise<boolean> =>
      this.#exchange(address).then(
        () => true,
        () => false,
      );
    await rejoin(others, { random, join, logger }, this.#stopping.signal);
  }

  async #exchange(address: GossipAddress): Promise<void> {
    const [outcome] = await this.#parts.memberlist.join([address], { signal: this.#stopping.signal });
    if (outcome?.error !== undefined) throw outcome.error;
  }

  async #sayGoodbye(): Promise<void> {
    const { snapshot, intents, memberlist, timing, table } = this.#parts;
    snapshot?.leave();
    const isAlone = table.liveCount() <= 1;
    await this.#spread(intents.announceLeave());
    if (this.#state === 'leaving') await memberlist.leave({ timeoutMs: timing.broadcastTimeoutMs });
    if (!isAlone) await this.#pause(timing.leavePropagateDelayMs);
    if (this.#state === 'leaving') this.#state = 'left';
  }

  /** Broadcasts an intent; resolves when it was sent often enough, after a timeout, or at once when nobody is there. */
  #spread(intent: Uint8Array): Promise<void> {
    const { broadcasts, table, timing } = this.#parts;
    return new Promise((resolve) => {
      const timer = this.#deps.clock.setTimer(timing.broadcastTimeoutMs, () => {
        this.#deps.logger.warn('an intent could not be told to everybody in time');
        resolve();
      });
      const end = (): void => {
        timer.cancel();
        resolve();
      };
      broadcasts.enqueue('intent', intent, end);
      if (table.liveCount() <= 1) end();
    });
  }

  async #pause(ms: number): Promise<void> {
    try {
      await sleep(this.#deps.clock, ms, { signal: this.#stopping.signal });
    } catch {
      // Stopped: nothing left to wait for.
    }
  }

  #mustRun(): void {
    if (this.#state !== 'running') throw notRunning();
  }
}

function notRunning(): Error {
  return gossipError({ code: 'SERF_NOT_RUNNING' }, 'serf is not running');
}
