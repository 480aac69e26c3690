import { silentLogger, noMetrics } from '@steppe/runtime';
import type { Clock, Logger, Metrics, Random } from '@steppe/runtime';
import type { KeyRing } from '../keyring/key-ring.js';
import type { GossipNode, MemberlistDelegate } from '../memberlist/delegate.js';
import { Memberlist } from '../memberlist/memberlist.js';
import { LAN_TIMING } from '../memberlist/options.js';
import type { MemberlistOptions } from '../memberlist/options.js';
import { PausableClock } from './pausable-clock.js';
import { SimNetwork } from './sim-network.js';
import type { LinkConditions } from './link-conditions.js';

export interface SimClusterOptions {
  readonly size: number;
  readonly seed: number;
  /** Beyond name: the same for every member. Default: LAN timing. */
  readonly options?: Partial<MemberlistOptions>;
  readonly network?: Partial<LinkConditions>;
  /** Hooks besides those the cluster needs for its log. */
  readonly delegate?: (name: string) => MemberlistDelegate;
  readonly keyring?: (name: string) => KeyRing | undefined;
  readonly logger?: Logger;
  readonly metrics?: (name: string) => Metrics;
}

export interface SimClusterDeps {
  /** Virtual time, such as `SimClock` of `@steppe/testing`; `advance` fires what falls due. */
  readonly clock: Clock & { advance(ms: number): Promise<void> };
  /** Chance that is the same for the same seed. */
  readonly seeded: (seed: number) => Random;
}

/** One process of the simulation. */
export interface SimMember {
  readonly name: string;
  readonly host: string;
  readonly clock: PausableClock;
  readonly memberlist: Memberlist;
  readonly stopped: boolean;
}

interface MutableMember extends SimMember {
  stopped: boolean;
  /** What the invariants saw last. */
  seen: readonly GossipNode[];
  readonly seenByName: Map<string, GossipNode>;
}

export const SIM_PORT = 7946;
/** How often the invariants are checked while time advances. */
const STEP_MS = 100;

/** The address of the i-th host: 10.0.0.1 is the first. */
export function simHost(index: number): string {
  const number = index + 1;
  return `10.${(number >> 16) & 0xff}.${(number >> 8) & 0xff}.${number & 0xff}`;
}

/**
 * Many memberlists on one virtual clock, one network and one seed. Writes down what each of them reports, and checks
 * after each step what must hold whatever happens.
 */
export class SimCluster {
  readonly clock: SimClusterDeps['clock'];
  readonly network: SimNetwork;
  /** Lines `<ms> <observer> <join|leave|dead|update|conflict> <node> <incarnation>`, in order. */
  readonly log: string[] = [];
  readonly #options: SimClusterOptions;
  readonly #seeded: SimClusterDeps['seeded'];
  readonly #random: Random;
  readonly #members = new Map<string, MutableMember>();

  constructor(options: SimClusterOptions, { clock, seeded }: SimClusterDeps) {
    this.#options = options;
    this.clock = clock;
    this.#seeded = seeded;
    this.#random = seeded(options.seed);
    this.network = new SimNetwork(options.network ?? {}, { clock: this.clock, random: this.#random });
  }

  /** Starts members `n0`, `n1`, … each alone. */
  static async start(options: SimClusterOptions, deps: SimClusterDeps): Promise<SimCluster> {
    const cluster = new SimCluster(options, deps);
    for (let i = 0; i < options.size; i += 1) await cluster.boot(`n${i}`, simHost(i));
    return cluster;
  }

  /** Members that run, paused ones included. */
  get running(): SimMember[] {
    return [...this.#members.values()].filter(({ stopped }) => !stopped);
  }

  member(name: string): SimMember {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`no member ${name}`);
    return member;
  }

  /** Starts a process; one of that name that was stopped is replaced. */
  async boot(name: string, host: string, options: Partial<MemberlistOptions> = {}): Promise<SimMember> {
    const clock = new PausableClock(this.clock);
    const { keyring, delegate, logger = silentLogger, metrics } = this.#options;
    const ring = keyring?.(name);
    const memberlist = new Memberlist(
      { ...LAN_TIMING, ...this.#options.options, ...options, name },
      {
        transport: this.network.transport({ host, port: SIM_PORT }, clock),
        clock,
        random: this.#seeded(Math.floor(this.#random.next() * 2 ** 32)),
        logger: logger.named(name),
        metrics: metrics?.(name) ?? noMetrics,
        delegate: this.#recording(name, delegate?.(name) ?? {}),
        ...(ring && { keyring: ring }),
      },
    );
    const member: MutableMember = { name, host, clock, memberlist, stopped: false, seen: [], seenByName: new Map() };
    this.#members.set(name, member);
    await memberlist.start();
    return member;
  }

  /** Everybody joins the first member, all at once. */
  async joinAll(): Promise<void> {
    const [first, ...others] = this.running;
    const joins = others.map((member) => this.join(member.name, first?.name as string));
    await this.clock.advance(0);
    for (const join of joins) await this.settled(join);
  }

  /** @throws what went wrong */
  async join(name: string, target: string): Promise<void> {
    const { host } = this.member(target);
    const [outcome] = await this.member(name).memberlist.join([{ host, port: SIM_PORT }]);
    if (outcome?.error !== undefined) throw outcome.error;
  }

  /** Advances until the promise settles, and gives its value. */
  async settled<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let done = false;
    const watched = promise.finally(() => (done = true));
    watched.catch(() => undefined); // reported by the caller's await below
    await this.advanceUntil(() => done, withinMs, 1);
    return watched;
  }

  /** As if the process were killed: nobody is told. */
  async kill(name: string): Promise<void> {
    const member = this.#members.get(name) as MutableMember;
    member.stopped = true;
    await member.memberlist.stop();
  }

  /** Leaves, stays up for another second, and stops. */
  async leave(name: string): Promise<void> {
    const member = this.#members.get(name) as MutableMember;
    await this.settled(member.memberlist.leave({ timeoutMs: 5_000 }));
    await this.advance(1_000);
    await this.kill(name);
  }

  /** Moves time on, checking the invariants after each step. */
  async advance(ms: number, stepMs = STEP_MS): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.clock.advance(Math.min(left, stepMs));
      this.checkInvariants();
    }
  }

  /** @returns milliseconds it took. @throws when it does not become true in time */
  async advanceUntil(condition: () => boolean, withinMs: number, stepMs = STEP_MS): Promise<number> {
    const start = this.clock.monotonic();
    while (!condition()) {
      const passed = this.clock.monotonic() - start;
      if (passed >= withinMs)
        throw new Error(`seed ${this.#options.seed}: not so within ${withinMs} ms of virtual time`);
      await this.advance(stepMs, stepMs);
    }
    return this.clock.monotonic() - start;
  }

  /** State of a node as another sees it; nothing when it does not know it. */
  view(observer: string, name: string): GossipNode['state'] | undefined {
    return this.member(observer).memberlist.node(name)?.state;
  }

  /** Whether every running member holds exactly the running members for alive. */
  isConverged(): boolean {
    const running = this.running;
    const names = new Set(running.map(({ name }) => name));
    return running.every(({ memberlist }) => {
      let alive = 0;
      for (const { name, state } of memberlist.nodes()) {
        if (state !== 'alive' && state !== 'suspect') continue;
        if (state === 'suspect' || !names.has(name)) return false;
        alive += 1;
      }
      return alive === names.size;
    });
  }

  /** Whether no running member has news to spread. */
  isQuiet(): boolean {
    return this.running.every(({ memberlist }) => memberlist.queueDepth === 0);
  }

  /** Lines of the log whose event and node are these. */
  events(event: 'join' | 'leave' | 'dead' | 'update' | 'conflict', node?: string): string[] {
    return this.log.filter((line) => {
      const [, , lineEvent, lineNode] = line.split(' ');
      return lineEvent === event && (node === undefined || lineNode === node);
    });
  }

  /**
   * What must hold whatever the network does: in every table an incarnation never decreases as long as the entry stays at
   * its address, so nothing old wins and no refuted suspicion kills; our own entry is alive until we leave.
   * @throws Error naming seed and time
   */
  checkInvariants(): void {
    for (const member of this.#members.values()) {
      if (member.stopped) continue;
      const nodes = member.memberlist.nodes();
      if (nodes === member.seen) continue;
      member.seen = nodes;
      for (const node of nodes) {
        const before = member.seenByName.get(node.name);
        if (before === node) continue;
        member.seenByName.set(node.name, node);
        if (before === undefined) continue;
        const older = node.incarnation < before.incarnation && node.host === before.host;
        const purged = before.state === 'dead' || before.state === 'left';
        if (older && !(purged && this.#mayBePurged(before))) {
          this.#violated(
            `${member.name} took incarnation ${node.incarnation} of ${node.name} after ${before.incarnation}`,
          );
        }
        if (node.name === member.name && (node.state === 'suspect' || node.state === 'dead')) {
          this.#violated(`${member.name} holds itself for ${node.state}`);
        }
        if (node.state === 'dead' && before.state === 'alive' && before.incarnation > node.incarnation) {
          this.#violated(`${member.name} killed ${node.name} by a refuted suspicion`);
        }
      }
    }
  }

  #mayBePurged({ stateSinceMs }: GossipNode): boolean {
    const { gossipToTheDeadMs } = { ...LAN_TIMING, ...this.#options.options };
    return this.clock.monotonic() - stateSinceMs >= gossipToTheDeadMs;
  }

  #violated(what: string): never {
    throw new Error(`invariant violated at ${this.clock.monotonic()} ms, seed ${this.#options.seed}: ${what}`);
  }

  #recording(observer: string, delegate: MemberlistDelegate): MemberlistDelegate {
    const note = (event: string, { name, incarnation }: GossipNode): void => {
      this.log.push(`${this.clock.monotonic()} ${observer} ${event} ${name} ${incarnation}`);
    };
    const recorded: MemberlistDelegate = {
      onJoin: (node) => {
        note('join', node);
        delegate.onJoin?.(node);
      },
      onLeave: (node) => {
        note(node.state === 'left' ? 'leave' : 'dead', node);
        delegate.onLeave?.(node);
      },
      onUpdate: (node) => {
        note('update', node);
        delegate.onUpdate?.(node);
      },
      onConflict: (existing, other) => {
        note('conflict', other);
        delegate.onConflict?.(existing, other);
      },
    };
    // The other hooks are called on the given object itself, which may keep private state.
    return new Proxy(delegate, {
      get: (target, hook: keyof MemberlistDelegate) => recorded[hook] ?? target[hook]?.bind(target),
    });
  }
}
