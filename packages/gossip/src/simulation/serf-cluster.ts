import { noMetrics, silentLogger } from '@steppe/runtime';
import type { Logger } from '@steppe/runtime';
import type { MemberStatus } from '@steppe/domain';
import { SeededRandom, SimClock } from '@steppe/runtime/simulation';
import type { KeyRing } from '../keyring/key-ring.js';
import { LAN_TIMING } from '../memberlist/options.js';
import type { SnapshotStore } from '../snapshot/snapshot-store.js';
import { SIM_PORT, simHost } from './sim-cluster.js';
import { SimNetwork } from './sim-network.js';
import type { SerfOptions } from '../serf/options.js';
import { Serf } from '../serf/serf.js';
import type { MemberGuard } from '../serf/serf-delegate.js';
import type { SerfEvent } from '../serf/serf-event.js';

export interface SerfClusterOptions {
  readonly size: number;
  readonly seed: number;
  readonly options?: Partial<SerfOptions>;
  readonly keyring?: (name: string) => KeyRing;
  readonly snapshotStore?: (name: string) => SnapshotStore;
  readonly memberGuard?: MemberGuard;
  readonly logger?: Logger;
}

export interface SerfMember {
  readonly name: string;
  readonly host: string;
  readonly serf: Serf;
  /** What it told its application, in order. */
  readonly events: SerfEvent[];
}

/** Serf members `n0`, `n1`, … on one simulated network, in virtual time. */
export class SerfCluster {
  readonly clock = new SimClock(undefined, { maxEvents: 10_000_000 });
  readonly network: SimNetwork;
  readonly #options: SerfClusterOptions;
  readonly #random: SeededRandom;
  readonly #members = new Map<string, SerfMember>();

  private constructor(options: SerfClusterOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.network = new SimNetwork({}, { clock: this.clock, random: this.#random });
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
    const { keyring, snapshotStore, memberGuard, logger = silentLogger } = this.#options;
    const serf = new Serf(
      {
        tags: { role: 'test' },
        ...this.#options.options,
        ...options,
        memberlist: { ...LAN_TIMING, ...this.#options.options?.memberlist, name },
      },
      {
        transport: this.network.transport({ host, port: SIM_PORT }),
        clock: this.clock,
        random: new SeededRandom(Math.floor(this.#random.next() * 2 ** 32)),
        logger: logger.named(name),
        metrics: noMetrics,
        ...(keyring && { keyring: keyring(name) }),
        ...(snapshotStore && { snapshotStore: snapshotStore(name) }),
        ...(memberGuard && { memberGuard }),
      },
    );
    const member: SerfMember = { name, host, serf, events: [] };
    serf.onEvent((event) => void member.events.push(event));
    await serf.start();
    this.#members.set(name, member);
    return member;
  }

  join(name: string, target: string, options: { readonly ignoreOldEvents?: boolean } = {}) {
    return this.settled(this.serf(name).join([{ host: this.member(target).host, port: SIM_PORT }], options));
  }

  /** As if the process were killed. */
  async kill(name: string): Promise<void> {
    await this.serf(name).stop();
    this.#members.delete(name);
  }

  /** Advances until the promise settles, and gives its value. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const watched = promise.finally(() => (done = true));
    watched.catch(() => undefined); // reported by the caller's await below
    await this.until(() => done);
    return watched;
  }

  /** @returns milliseconds it took. @throws when it does not become true in time */
  async until(condition: () => boolean, withinMs = 60_000): Promise<number> {
    const start = this.clock.monotonic();
    while (!condition()) {
      const passed = this.clock.monotonic() - start;
      if (passed >= withinMs) throw new Error(`seed ${this.#options.seed}: not so within ${withinMs} ms`);
      await this.clock.advance(50);
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
