import type { Clock, Random } from '@steppe/runtime';
import type { GossipAddress } from '../transport/transport.js';
import { PERFECT_LINK } from './link-conditions.js';
import type { LinkConditions, TrafficCounters } from './link-conditions.js';
import { SimTransport } from './sim-transport.js';
import type { SimWire } from './sim-transport.js';

export interface SimNetworkDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** Datagrams that arrive at the same time. */
interface Flight {
  readonly dueMs: number;
  readonly packets: { readonly bytes: Uint8Array; readonly from: GossipAddress; readonly to: GossipAddress }[];
}

/**
 * A network in one process and in virtual time: reproducible loss, delay, duplicates, reordering and partitions, set for
 * everybody, for a host or for one direction of a link. The same seed gives the same run.
 */
export class SimNetwork implements SimWire {
  readonly clock: Clock;
  readonly #random: Random;
  readonly #transports = new Map<string, SimTransport[]>();
  readonly #counters = new Map<string, TrafficCounters>();
  readonly #links = new Map<string, Partial<LinkConditions>>();
  readonly #delays = new Map<string, number>();
  readonly #groups = new Map<string, number>();
  #conditions: LinkConditions;
  /** Sent last, and not arrived yet. */
  #flight: Flight | undefined;

  constructor(conditions: Partial<LinkConditions>, { clock, random }: SimNetworkDeps) {
    this.#conditions = { ...PERFECT_LINK, ...conditions };
    this.clock = clock;
    this.#random = random;
  }

  /** A network card of a new host. @param clock - the host's own, when it can be paused */
  transport(address: GossipAddress, clock: Clock & { run?(callback: () => void): void } = this.clock): SimTransport {
    return new SimTransport(address, this, clock);
  }

  /** Changes what holds for every link that has no conditions of its own. */
  setConditions(conditions: Partial<LinkConditions>): void {
    this.#conditions = { ...this.#conditions, ...conditions };
  }

  /** Changes one direction between two hosts, `*` for any. */
  setLink(from: string, to: string, conditions: Partial<LinkConditions>): void {
    this.#links.set(`${from}>${to}`, { ...this.#links.get(`${from}>${to}`), ...conditions });
  }

  /** Makes everything that reaches a host late. */
  slow(host: string, delayMs: number): void {
    this.#delays.set(host, delayMs);
  }

  /** Cuts the hosts of each group off from all others; hosts not named form a group of their own. */
  partition(...groups: readonly (readonly string[])[]): void {
    this.#groups.clear();
    groups.forEach((hosts, i) => hosts.forEach((host) => this.#groups.set(host, i + 1)));
  }

  /** Ends the partition and all conditions of single links. */
  heal(): void {
    this.#groups.clear();
    this.#links.clear();
    this.#delays.clear();
  }

  counters(host: string): TrafficCounters {
    let counters = this.#counters.get(host);
    if (counters === undefined) {
      counters = {
        packetsSent: 0,
        packetBytesSent: 0,
        packetsReceived: 0,
        packetsLost: 0,
        streamsDialled: 0,
        streamBytesSent: 0,
      };
      this.#counters.set(host, counters);
    }
    return counters;
  }

  /** @internal */
  attach(transport: SimTransport): boolean {
    const { host } = transport.bound;
    if (this.at(transport.bound) !== undefined) return false;
    const others = this.#transports.get(host);
    if (others === undefined) this.#transports.set(host, [transport]);
    else others.push(transport);
    return true;
  }

  /** @internal */
  detach(transport: SimTransport): void {
    const { host } = transport.bound;
    const others = (this.#transports.get(host) ?? []).filter((other) => other !== transport);
    if (others.length > 0) this.#transports.set(host, others);
    else this.#transports.delete(host);
  }

  /** @internal */
  at({ host, port }: GossipAddress): SimTransport | undefined {
    const transports = this.#transports.get(host);
    return transports?.[0]?.bound.port === port ? transports[0] : transports?.find(({ bound }) => bound.port === port);
  }

  /** @internal */
  reachable(from: string, to: string): boolean {
    if (this.#groups.size === 0) return true;
    return (this.#groups.get(from) ?? 0) === (this.#groups.get(to) ?? 0);
  }

  /** @internal */
  conditions(from: string, to: string): LinkConditions {
    if (this.#links.size === 0) return this.#conditions;
    return {
      ...this.#conditions,
      ...this.#links.get(`${from}>*`),
      ...this.#links.get(`*>${to}`),
      ...this.#links.get(`${from}>${to}`),
    };
  }

  /** How long something sent now takes. @internal */
  delayMs(to: string, { latencyMs, jitterMs }: LinkConditions): number {
    const jitter = jitterMs === 0 ? 0 : jitterMs * this.#random.next();
    return latencyMs + jitter + (this.#delays.get(to) ?? 0);
  }

  /** @internal */
  sendPacket(bytes: Uint8Array, from: GossipAddress, to: GossipAddress): void {
    const counters = this.counters(from.host);
    counters.packetsSent += 1;
    counters.packetBytesSent += bytes.length;
    const conditions = this.conditions(from.host, to.host);
    const lost =
      conditions.datagrams === 'drop' || !this.reachable(from.host, to.host) || this.#happens(conditions.lossRate);
    if (lost) {
      counters.packetsLost += 1;
      return;
    }
    this.#deliver(bytes, from, to, conditions);
    if (this.#happens(conditions.duplicateRate)) this.#deliver(bytes.slice(), from, to, conditions);
  }

  /** What arrives at the same time, as what is sent at once over like links, arrives in one turn. */
  #deliver(bytes: Uint8Array, from: GossipAddress, to: GossipAddress, conditions: LinkConditions): void {
    const late = this.#happens(conditions.reorderRate) ? conditions.reorderMs : 0;
    const delayMs = this.delayMs(to.host, conditions) + late;
    const dueMs = this.clock.monotonic() + delayMs;
    if (this.#flight?.dueMs !== dueMs) {
      const flight: Flight = { dueMs, packets: [] };
      this.#flight = flight;
      this.clock.setTimer(delayMs, () => this.#land(flight));
    }
    this.#flight.packets.push({ bytes, from, to });
  }

  #land(flight: Flight): void {
    if (this.#flight === flight) this.#flight = undefined;
    for (const { bytes, from, to } of flight.packets) {
      const target = this.at(to);
      if (target === undefined) continue;
      this.counters(to.host).packetsReceived += 1;
      target.receivePacket(bytes, from);
    }
  }

  #happens(rate: number): boolean {
    return rate > 0 && this.#random.next() < rate;
  }
}
