// Joins, failures and departures on loopback: pools of ours beside pools of real serf agents, in one run.
import type { SerfEvent } from '@steppe/gossip';
import { LAN_TIMING, NetTransport, Serf } from '@steppe/gossip';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import { GOSSIP_PORT, hasSerf, ownLoopbackHost, SerfAgent } from '@steppe/testing';
import { codecTable } from './gossip-codec.js';
import { median, table } from './statistics.js';

const SIZES = [3, 16, 32];
const ROUNDS = 3;
/** Joins and departures of each pool: they take a fraction of a second, and chance has a large part in them. */
const VISITS = 7;

type News = 'join' | 'leave' | 'failed';

/** A pool of one kind, told apart only by how it is watched. */
interface Pool {
  /** Starts a member that knows nobody. */
  boot(name: string): Promise<void>;
  /** Begins a join. @returns when it began, monotonic milliseconds */
  join(name: string, target: string): Promise<number>;
  kill(name: string): number;
  leave(name: string): number;
  /** Resolves with the moment the last of the others has heard it. */
  allHear(observers: readonly string[], news: News, about: string): Promise<number>;
  end(): Promise<void>;
}

const now = (): number => performance.now();

class OurPool implements Pool {
  readonly #members = new Map<string, { readonly serf: Serf; readonly host: string; heard: Map<string, number> }>();
  readonly #waiting = new Set<() => void>();

  async boot(name: string): Promise<void> {
    const host = ownLoopbackHost();
    const deps = { clock: new SystemClock(), random: new SystemRandom(), logger: silentLogger, metrics: noMetrics };
    const transport = new NetTransport({ host, port: GOSSIP_PORT }, deps);
    const serf = new Serf({ memberlist: { ...LAN_TIMING, name }, tags: {} }, { transport, ...deps });
    const heard = new Map<string, number>();
    serf.onEvent((event: SerfEvent) => {
      if (!('members' in event)) return;
      for (const member of event.members) heard.set(`${event.type.replace('member-', '')} ${member.name}`, now());
      for (const check of this.#waiting) check();
    });
    await serf.start();
    this.#members.set(name, { serf, host, heard });
  }

  async join(name: string, target: string): Promise<number> {
    const begun = now();
    const host = this.#member(target).host;
    const { failures } = await this.#member(name).serf.join([{ host, port: GOSSIP_PORT }]);
    if (failures[0] !== undefined) throw failures[0].error;
    return begun;
  }

  kill(name: string): number {
    const begun = now();
    void this.#member(name).serf.stop();
    this.#members.delete(name);
    return begun;
  }

  leave(name: string): number {
    const begun = now();
    const { serf } = this.#member(name);
    this.#members.delete(name);
    void serf.leave().then(() => serf.stop());
    return begun;
  }

  allHear(observers: readonly string[], news: News, about: string): Promise<number> {
    return new Promise((resolve) => {
      const check = (): void => {
        const times = observers.map((name) => this.#member(name).heard.get(`${news} ${about}`));
        if (times.some((time) => time === undefined)) return;
        this.#waiting.delete(check);
        resolve(Math.max(...(times as number[])));
      };
      this.#waiting.add(check);
      check();
    });
  }

  async end(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ serf }) => serf.stop()));
  }

  #member(name: string) {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`no member ${name}`);
    return member;
  }
}

const LOG_LINES: Readonly<Record<News, string>> = {
  join: 'EventMemberJoin: ',
  leave: 'EventMemberLeave: ',
  failed: 'EventMemberFailed: ',
};

class RealPool implements Pool {
  readonly #agents = new Map<string, SerfAgent>();

  async boot(name: string): Promise<void> {
    this.#agents.set(name, await SerfAgent.start(name));
  }

  async join(name: string, target: string): Promise<number> {
    const agent = this.#agent(name);
    // Not the command's own start, which is a process of its own: the agent says when it begins.
    const begun = agent.program.waitFor('agent: joining: ').then(now);
    await agent.run('join', this.#agent(target).address);
    return begun;
  }

  kill(name: string): number {
    const begun = now();
    this.#agent(name).program.kill('SIGKILL');
    this.#agents.delete(name);
    return begun;
  }

  leave(name: string): number {
    const begun = now();
    this.#agent(name).program.kill('SIGINT');
    this.#agents.delete(name);
    return begun;
  }

  async allHear(observers: readonly string[], news: News, about: string): Promise<number> {
    const heard = observers.map((name) => this.#agent(name).program.waitFor(`${LOG_LINES[news]}${about} `).then(now));
    return Math.max(...(await Promise.all(heard)));
  }

  async end(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.kill()));
  }

  #agent(name: string): SerfAgent {
    const agent = this.#agents.get(name);
    if (agent === undefined) throw new Error(`no agent ${name}`);
    return agent;
  }
}

/** News that somebody has not heard by then are not heard any more: serf does miss one now and then. Milliseconds. */
const HEARING_MS = 90_000;

/** `undefined` when the time is over. */
function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), HEARING_MS);
  });
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}

interface Timings {
  readonly join: number[];
  readonly failed: number[];
  readonly leave: number[];
  /** News that did not reach everybody. */
  unheard: number;
}

/**
 * One pool of `size`: a member is killed, then guests come and go one after the other. Milliseconds until the last has heard
 * of each.
 */
async function measure(pool: Pool, size: number): Promise<Timings> {
  const names = Array.from({ length: size }, (_, i) => `m${i}`);
  const guests = Array.from({ length: VISITS }, (_, i) => `guest${i}`);
  try {
    await Promise.all([...names, ...guests].map((name) => pool.boot(name)));
    const [seed = '', ...rest] = names;
    for (const name of rest) await pool.join(name, seed);
    const othersThan = (name: string): readonly string[] => names.filter((other) => other !== name);
    const all = names.map((name) => pool.allHear(othersThan(name), 'join', name));
    if ((await inTime(Promise.all(all))) === undefined) throw new Error(`a pool of ${size} did not come together`);
    const dead = names.at(-1) ?? '';
    const left = othersThan(dead);
    const timings: Timings = { join: [], failed: [], leave: [], unheard: 0 };
    const hear = async (what: 'join' | 'failed' | 'leave', about: string, begun: number): Promise<void> => {
      const at = await inTime(pool.allHear(left, what, about));
      if (at === undefined) timings.unheard += 1;
      else timings[what].push(at - begun);
    };
    await hear('failed', dead, pool.kill(dead));
    for (const guest of guests) {
      await hear('join', guest, await pool.join(guest, seed));
      await hear('leave', guest, pool.leave(guest));
    }
    return timings;
  } finally {
    await pool.end();
  }
}

async function besideSerf(): Promise<string> {
  if (!hasSerf) return 'No real serf agent on this machine: nothing to compare with.';
  const rows: string[][] = [];
  for (const size of SIZES) {
    const ours: Timings[] = [];
    const theirs: Timings[] = [];
    // Interleaved, so that what else the machine does falls on both.
    for (let round = 0; round < ROUNDS; round += 1) {
      theirs.push(await measure(new RealPool(), size));
      ours.push(await measure(new OurPool(), size));
    }
    for (const what of ['join', 'failed', 'leave'] as const) {
      const [us, them] = [median(ours.flatMap((each) => each[what])), median(theirs.flatMap((each) => each[what]))];
      rows.push([
        `${what === 'failed' ? 'failure detected' : what}, ${size} members`,
        `${us.toFixed(0)} ms`,
        `${them.toFixed(0)} ms`,
        (us / them).toFixed(2),
        '≤ 1.20',
      ]);
    }
    const lost = (all: readonly Timings[]): string => `${all.reduce((sum, { unheard }) => sum + unheard, 0)}`;
    rows.push([`news that did not reach everybody, ${size} members`, lost(ours), lost(theirs), '', '']);
  }
  return table(['until the last member knows', 'ours', 'serf', 'ratio', 'budget'], rows);
}

export async function run(): Promise<string> {
  return [await besideSerf(), codecTable()].join('\n\n');
}
