import { noMetrics, silentLogger } from '@steppe/runtime';
import type { Logger, Metrics } from '@steppe/runtime';
import type { Member, MemberStatus } from '@steppe/domain';
import { SeededRandom, SimClock } from '@steppe/runtime/simulation';
import type { KeyRing } from '../keyring/key-ring.js';
import { LAN_TIMING, wireOptions } from '../memberlist/options.js';
import type { SnapshotStore } from '../snapshot/snapshot-store.js';
import { RememberingCodec } from './remembering-codec.js';
import { PausableClock } from './pausable-clock.js';
import { TurnClock } from './turn-clock.js';
import { SIM_PORT, simHost } from './sim-cluster.js';
import { SimNetwork } from './sim-network.js';
import type { LinkConditions } from './link-conditions.js';
import type { SerfOptions } from '../serf/options.js';
import { Serf } from '../serf/serf.js';
import type { MemberGuard } from '../serf/serf-delegate.js';
import type { SerfEvent } from '../serf/serf-event.js';

export interface SerfClusterOptions {
  readonly size: number;
  readonly seed: number;
  /** The same for every member. Default: LAN timing, a tag. */
  readonly options?: Partial<Omit<SerfOptions, 'memberlist'>> & {
    readonly memberlist?: Partial<SerfOptions['memberlist']>;
  };
  readonly network?: Partial<LinkConditions>;
  readonly keyring?: (name: string) => KeyRing;
  readonly snapshotStore?: (name: string) => SnapshotStore;
  readonly memberGuard?: MemberGuard;
  readonly logger?: Logger;
  readonly metrics?: (name: string) => Metrics;
  /** Whether each member's events are kept. Default: yes; in large pools they take much memory. */
  readonly keepEvents?: boolean;
  /** Hears every event of every member as it happens. */
  readonly onEvent?: (observer: SerfMember, event: SerfEvent) => void;
}

export interface SerfMember {
  readonly name: string;
  readonly host: string;
  /** Pausing it stops the process as SIGSTOP does. */
  readonly clock: PausableClock;
  readonly serf: Serf;
  /** What it told its application, in order. */
  readonly events: SerfEvent[];
}

interface View {
  readonly members: readonly Member[];
  readonly changes: number;
  readonly whole: boolean;
}

/** Timers one step may fire: a thousand members in a storm of messages. */
const MAX_EVENTS = 100_000_000;
/** Members that the others join through. */
const CONTACTS = 3;
/** Pause before a join that failed is tried again. */
const REJOIN_MS = 1_000;

/** Serf members `n0`, `n1`, … on one simulated network, in virtual time. */
export class SerfCluster {
  readonly clock = new SimClock(undefined, { maxEvents: MAX_EVENTS });
  readonly network: SimNetwork;
  readonly #options: SerfClusterOptions;
  readonly #random: SeededRandom;
  readonly #turns = new TurnClock(this.clock);
  readonly #codec: RememberingCodec;
  readonly #members = new Map<string, SerfMember>();
  /** What each was found to see, good until its list or the running members change. */
  readonly #views = new Map<string, View>();
  /** Counts starts and ends of members. */
  #changes = 0;
  #lastBehind = '';

  private constructor(options: SerfClusterOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#codec = new RememberingCodec(wireOptions(options.options?.memberlist ?? {}));
    this.network = new SimNetwork(options.network ?? {}, { clock: this.#turns, random: this.#random });
  }

  /** Starts members each alone. */
  static async start(options: SerfClusterOptions): Promise<SerfCluster> {
    const cluster = new SerfCluster(options);
    for (let i = 0; i < options.size; i += 1) await cluster.boot(`n${i}`, simHost(i));
    return cluster;
  }

  /** Starts members that all join the first, and waits until everybody sees everybody alive. */
  static async joined(options: SerfClusterOptions): Promise<SerfCluster> {
    const cluster = await SerfCluster.start(options);
    for (let i = 1; i < options.size; i += 1) await cluster.join(`n${i}`, 'n0');
    await cluster.until(() => cluster.allSee(options.size, 'alive'));
    // Rests of the joins would blur what a test looks at.
    await cluster.until(() => cluster.members.every(({ serf }) => serf.stats()['intent_queue'] === '0'));
    return cluster;
  }

  /**
   * Everybody joins one of the first three, spread over `spreadMs`, and tries again until that works. Resolves when all
   * are through; whether everybody knows everybody is another question.
   */
  async joinAll(spreadMs = 1_000, withinMs = 120_000): Promise<void> {
    const members = this.members;
    let waiting = 0;
    members.forEach((member, i) => {
      const contact = members[i % Math.min(CONTACTS, i)];
      if (contact === undefined) return;
      waiting += 1;
      const attempt = async (): Promise<void> => {
        const { joined } = await member.serf.join([{ host: contact.host, port: SIM_PORT }]);
        if (joined > 0) waiting -= 1;
        else this.clock.setTimer(REJOIN_MS, () => void attempt());
      };
      this.clock.setTimer((spreadMs * i) / members.length, () => void attempt());
    });
    await this.until(() => waiting === 0, withinMs);
  }

  get members(): SerfMember[] {
    return [...this.#members.values()];
  }

  member(name: string): SerfMember {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`no member ${name}`);
    return member;
  }

  serf(name: string): Serf {
    return this.member(name).serf;
  }

  /** Starts a process; one of that name that was stopped is replaced. */
  async boot(name: string, host: string, options: Partial<SerfOptions> = {}): Promise<SerfMember> {
    const { keyring, snapshotStore, memberGuard, logger = silentLogger, metrics, keepEvents = true } = this.#options;
    const clock = new PausableClock(this.#turns);
    const serf = new Serf(
      {
        tags: { role: 'test' },
        ...this.#options.options,
        ...options,
        memberlist: { ...LAN_TIMING, ...this.#options.options?.memberlist, name },
      },
      {
        transport: this.network.transport({ host, port: SIM_PORT }, clock),
        clock,
        random: new SeededRandom(Math.floor(this.#random.next() * 2 ** 32)),
        logger: logger.named(name),
        metrics: metrics?.(name) ?? noMetrics,
        // Who has keys or options of its own has a codec of its own.
        ...(keyring === undefined && options.memberlist === undefined && { codec: this.#codec }),
        ...(keyring && { keyring: keyring(name) }),
        ...(snapshotStore && { snapshotStore: snapshotStore(name) }),
        ...(memberGuard && { memberGuard }),
      },
    );
    const member: SerfMember = { name, host, clock, serf, events: [] };
    serf.onEvent((event) => {
      if (keepEvents) member.events.push(event);
      this.#options.onEvent?.(member, event);
    });
    await serf.start();
    this.#members.set(name, member);
    this.#changes += 1;
    return member;
  }

  join(name: string, target: string, options: { readonly ignoreOldEvents?: boolean } = {}) {
    return this.settled(this.serf(name).join([{ host: this.member(target).host, port: SIM_PORT }], options));
  }

  /** As if the process were killed. */
  async kill(name: string): Promise<void> {
    await this.serf(name).stop();
    this.#members.delete(name);
    this.#changes += 1;
  }

  /** Advances until the promise settles, and gives its value. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const watched = promise.finally(() => (done = true));
    watched.catch(() => undefined); // reported by the caller's await below
    await this.until(() => done);
    return watched;
  }

  /**
   * @param stepMs - how often to look
   * @returns milliseconds it took. @throws when it does not become true in time
   */
  async until(condition: () => boolean, withinMs = 60_000, stepMs = 50): Promise<number> {
    const start = this.clock.monotonic();
    while (!condition()) {
      const passed = this.clock.monotonic() - start;
      if (passed >= withinMs) throw new Error(`seed ${this.#options.seed}: not so within ${withinMs} ms`);
      await this.clock.advance(stepMs);
    }
    return this.clock.monotonic() - start;
  }

  status(observer: string, name: string): MemberStatus | undefined {
    return this.serf(observer)
      .members()
      .find((member) => member.name === name)?.status;
  }

  /** Whether every running member sees `name` so; `undefined`: does not know it. */
  seenAs(name: string, status: MemberStatus | undefined, except: readonly string[] = []): boolean {
    return this.members.every((member) => except.includes(member.name) || this.status(member.name, name) === status);
  }

  /** Whether every running member sees exactly that many members of this status. */
  allSee(count: number, status: MemberStatus): boolean {
    return this.members.every(
      ({ serf }) => serf.members().filter((member) => member.status === status).length === count,
    );
  }

  /** Whether every running member sees exactly the running members alive. */
  isConverged(): boolean {
    const sees = (member: SerfMember): boolean => this.#seesAll(member);
    // Who did not see all last time is likeliest not to now.
    const last = this.#members.get(this.#lastBehind);
    if (last !== undefined && !sees(last)) return false;
    this.#lastBehind = this.members.find((member) => !sees(member))?.name ?? '';
    return this.#lastBehind === '';
  }

  #seesAll({ name: observer, serf }: SerfMember): boolean {
    const running = this.#members;
    const members = serf.members();
    const before = this.#views.get(observer);
    if (before?.members === members && before.changes === this.#changes) return before.whole;
    let alive = 0;
    for (const { name, status } of members) if (status === 'alive') alive += running.has(name) ? 1 : Infinity;
    const whole = alive === running.size;
    this.#views.set(observer, { members, changes: this.#changes, whole });
    return whole;
  }

  /** Whether nobody has anything left to tell. */
  isQuiet(): boolean {
    return this.members.every(({ serf }) => {
      const { intent_queue, event_queue, query_queue } = serf.stats();
      return intent_queue === '0' && event_queue === '0' && query_queue === '0';
    });
  }

  /** Types of the member events that an observer had about a member. */
  history(observer: string, name: string): string[] {
    return this.member(observer).events.flatMap((event) =>
      'members' in event && event.members.some((member) => member.name === name) ? [event.type] : [],
    );
  }

  /** Stops everybody, and lets what is still on its way arrive nowhere. */
  async stop(): Promise<void> {
    for (const { serf } of this.members) await serf.stop();
    await this.clock.advance(1000);
  }
}
