import type { SerfCluster } from './serf-cluster.js';

/** What a member showed last. */
interface Seen {
  readonly times: readonly number[];
  readonly incarnations: Map<string, number>;
  /** Events heard so far; the list only grows. */
  heard: number;
  readonly delivered: Set<string>;
}

/**
 * What must hold in a pool whatever the network does, looked at again and again: no Lamport clock and no incarnation of a
 * member goes back, nobody holds itself for anything but alive, and no user event is delivered twice.
 */
export class SerfInvariants {
  readonly #cluster: SerfCluster;
  readonly #label: string;
  /** By the running process, so that a restart begins anew. */
  readonly #seen = new WeakMap<object, Seen>();

  /** @param label - how to run this again, for the message of a violation */
  constructor(cluster: SerfCluster, label: string) {
    this.#cluster = cluster;
    this.#label = label;
  }

  /** @throws Error naming what is wrong, when, and how to run it again */
  check(): void {
    for (const { name, serf, events } of this.#cluster.members) {
      const stats = serf.stats();
      const times = ['member_time', 'event_time', 'query_time'].map((clock) => Number(stats[clock]));
      const before = this.#seen.get(serf) ?? { times, incarnations: new Map(), heard: 0, delivered: new Set() };
      times.forEach((time, i) => {
        if (time < (before.times[i] as number)) this.#violated(`a Lamport clock of ${name} went back to ${time}`);
      });
      for (const other of this.#cluster.members) {
        const last = serf.suspicions(other.name).at(-1);
        const known = before.incarnations.get(other.name);
        if (last === undefined) continue;
        if (known !== undefined && last.outcome === 'pending' && last.incarnation < known) {
          this.#violated(`${name} suspects incarnation ${last.incarnation} of ${other.name} after ${known}`);
        }
        before.incarnations.set(other.name, Math.max(known ?? 0, last.incarnation));
      }
      if (serf.local().status !== 'alive') this.#violated(`${name} holds itself for ${serf.local().status}`);
      for (const event of events.slice(before.heard)) {
        if (event.type !== 'user') continue;
        const key = `${event.lTime}/${event.name}`;
        if (before.delivered.has(key)) this.#violated(`${name} got the event ${event.name} twice`);
        before.delivered.add(key);
      }
      before.heard = events.length;
      this.#seen.set(serf, { ...before, times });
    }
  }

  /** Moves time on, looking every `stepMs`. */
  async advance(ms: number, stepMs = 200): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.#cluster.clock.advance(Math.min(left, stepMs));
      this.check();
    }
  }

  /** Moves time on until the condition holds. @throws when it does not in time */
  async until(what: string, condition: () => boolean, withinMs: number): Promise<void> {
    const end = this.#cluster.clock.monotonic() + withinMs;
    while (!condition()) {
      if (this.#cluster.clock.monotonic() >= end) this.#violated(`not within ${withinMs} ms: ${what}`);
      await this.advance(200);
    }
  }

  #violated(what: string): never {
    throw new Error(`${what}, at ${this.#cluster.clock.monotonic()} ms. Again: ${this.#label}`);
  }
}
