import type { MemberlistTiming } from '../memberlist/options.js';
import { suspicionBounds } from '../memberlist/suspicion.js';
import { GOSSIP_METRICS } from '../metrics.js';
import type { SerfEvent } from '../serf/serf-event.js';
import { CountingMetrics } from './counting-metrics.js';
import { expectedDetection, expectedDisseminationMs } from './expectations.js';
import { SerfCluster } from './serf-cluster.js';
import { simHost } from './sim-cluster.js';
import type { SerfMember } from './serf-cluster.js';
import type { LinkConditions } from './link-conditions.js';
import { distributionOf } from './simulation-report.js';
import type { SimulationReport, TrafficRate } from './simulation-report.js';

/** Members cut off from the others for a while. Counted from the time when everybody had joined. */
export interface SimulatedPartition {
  /** How many are on the smaller side: the last ones by number. */
  readonly members: number;
  readonly startMs: number;
  readonly lengthMs: number;
}

/** One run. Times are milliseconds of virtual time after everybody had joined. */
export interface SimulationOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly timing: MemberlistTiming;
  readonly durationMs: number;
  readonly network?: Partial<LinkConditions>;
  readonly partitions?: readonly SimulatedPartition[];
  /** Members killed at once; never the first three, which the others join through. */
  readonly kill?: { readonly members: number; readonly atMs: number };
  /** Members that everything reaches late: the first ones after those that are killed. */
  readonly slow?: { readonly members: number; readonly delayMs: number };
  /** User events, spread evenly over the run. */
  readonly events?: number;
}

const MAX_CONVERGENCE_MS = 300_000;
const STEP_MS = 100;
/** Members that are never killed. */
const SAFE = 3;

/** Runs the production code of a whole pool in virtual time. Deterministic: the same options give the same report. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const run = new SimulationRun(options);
  return run.report();
}

class SimulationRun {
  readonly #options: SimulationOptions;
  readonly #metrics = new CountingMetrics();
  #cluster!: SerfCluster;
  /** When it was killed. */
  readonly #killed = new Map<string, { readonly atMs: number; readonly seenMs: number[] }>();
  readonly #falselyDead = new Set<string>();
  #falseDeathReports = 0;
  #cutOffReports = 0;
  readonly #sent = new Map<string, { readonly atMs: number; readonly heardBy: Map<string, number> }>();
  #eventsRepeated = 0;
  readonly #openPartitions = new Set<readonly string[]>();
  readonly #healing: { readonly index: number; readonly sinceMs: number }[] = [];
  readonly #healedMs: (number | undefined)[];
  /** Wall clock. Failures of running members by suspicions that began earlier are the work of a partition. */
  #partitionEchoMs = -Infinity;
  readonly #declaredCutOff = new Set<string>();

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#healedMs = (options.partitions ?? []).map(() => undefined);
  }

  async report(): Promise<SimulationReport> {
    const { nodes, seed, timing, durationMs, network, slow, kill } = this.#options;
    const cluster = await SerfCluster.start({
      size: nodes,
      seed,
      options: { memberlist: timing },
      keepEvents: false,
      metrics: () => this.#metrics,
      onEvent: (observer, event) => this.#noted(observer, event),
      ...(network && { network }),
    });
    this.#cluster = cluster;
    if (slow !== undefined) {
      const first = SAFE + (kill?.members ?? 0);
      for (const { host } of this.#among(first, slow.members)) cluster.network.slow(host, slow.delayMs);
    }
    const convergedMs = await this.#converge();
    const joinTraffic = this.#traffic(0, 0, cluster.clock.monotonic());
    const [packets, bytes] = this.#totals();
    this.#plan();
    await this.#advance(durationMs);
    const traffic = this.#traffic(packets, bytes, durationMs);
    const report: SimulationReport = {
      nodes,
      seed,
      durationMs,
      ...(convergedMs !== undefined && { convergedMs }),
      joinTraffic,
      ...this.#detections(),
      expectedDetection: expectedDetection(nodes, timing),
      falseSuspicions: this.#falseSuspicions(),
      falseDeaths: this.#falselyDead.size,
      falseDeathReports: this.#falseDeathReports,
      cutOffReports: this.#cutOffReports,
      refutations: this.#metrics.sum(GOSSIP_METRICS.refutations),
      healedMs: this.#healedMs,
      ...this.#disseminations(),
      expectedDisseminationMs: expectedDisseminationMs(nodes, timing),
      traffic,
    };
    await cluster.stop();
    return report;
  }

  async #converge(): Promise<number | undefined> {
    const cluster = this.#cluster;
    const start = cluster.clock.monotonic();
    try {
      await cluster.joinAll(Math.max(1_000, this.#options.nodes), MAX_CONVERGENCE_MS);
      await cluster.until(() => cluster.isConverged(), MAX_CONVERGENCE_MS, STEP_MS);
      return cluster.clock.monotonic() - start;
    } catch {
      // Not in time: the report says so, and what follows is measured all the same.
      return undefined;
    }
  }

  #plan(): void {
    const { kill, partitions = [], events = 0, durationMs } = this.#options;
    const { clock } = this.#cluster;
    if (kill !== undefined) clock.setTimer(kill.atMs, () => this.#kill(kill.members));
    partitions.forEach(({ members, startMs, lengthMs }, index) => {
      const all = this.#cluster.members;
      const hosts = all.slice(all.length - Math.min(members, all.length)).map(({ host }) => host);
      clock.setTimer(startMs, () => this.#changePartitions(() => this.#openPartitions.add(hosts)));
      clock.setTimer(startMs + lengthMs, () => {
        this.#changePartitions(() => this.#openPartitions.delete(hosts));
        this.#healing.push({ index, sinceMs: clock.monotonic() });
        this.#partitionEchoMs = clock.now() + suspicionBounds(all.length, this.#options.timing).minMs;
      });
    });
    for (let i = 0; i < events; i += 1) clock.setTimer((durationMs * (i + 1)) / (events + 1), () => this.#send(i));
  }

  async #advance(durationMs: number): Promise<void> {
    const { clock } = this.#cluster;
    const end = clock.monotonic() + durationMs;
    while (clock.monotonic() < end) {
      await clock.advance(Math.min(STEP_MS, end - clock.monotonic()));
      this.#lookWhetherHealed();
    }
  }

  /** A pool that is whole right after a partition may still fall apart, by suspicions that run out. */
  #lookWhetherHealed(): void {
    if (this.#healing.length === 0) return;
    const isWhole = this.#cluster.isConverged();
    for (const { index, sinceMs } of this.#healing) {
      if (!isWhole) this.#healedMs[index] = undefined;
      else this.#healedMs[index] ??= this.#cluster.clock.monotonic() - sinceMs;
    }
  }

  #among(first: number, count: number): readonly SerfMember[] {
    return this.#cluster.members.slice(first, first + count);
  }

  #kill(count: number): void {
    const { clock } = this.#cluster;
    for (const { name } of this.#among(SAFE, count)) {
      this.#killed.set(name, { atMs: clock.monotonic(), seenMs: [] });
      void this.#cluster.kill(name);
    }
  }

  /** Hosts that are in the same partitions reach each other. */
  #changePartitions(change: () => void): void {
    change();
    const groups = new Map<string, string[]>();
    const open = [...this.#openPartitions];
    for (const host of new Set(open.flat())) {
      const key = open.map((hosts) => (hosts.includes(host) ? 1 : 0)).join('');
      groups.set(key, [...(groups.get(key) ?? []), host]);
    }
    this.#cluster.network.partition(...groups.values());
  }

  #send(i: number): void {
    const { members, clock } = this.#cluster;
    const name = `event-${i}`;
    this.#sent.set(name, { atMs: clock.monotonic(), heardBy: new Map() });
    members[(i * 7) % members.length]?.serf.userEvent(name, new Uint8Array(32));
  }

  #noted(observer: SerfMember, event: SerfEvent): void {
    if (event.type === 'user') this.#heard(observer, event.name);
    else if (event.type === 'member-failed') {
      for (const { name } of event.members) this.#failed(observer, name);
    }
  }

  #heard({ name }: SerfMember, event: string): void {
    const { clock } = this.#cluster;
    const sent = this.#sent.get(event);
    if (sent === undefined) return;
    if (sent.heardBy.has(name)) this.#eventsRepeated += 1;
    else sent.heardBy.set(name, clock.monotonic() - sent.atMs);
  }

  #failed(observer: SerfMember, name: string): void {
    const { clock, network } = this.#cluster;
    const killed = this.#killed.get(name);
    if (killed !== undefined) {
      killed.seenMs.push(clock.monotonic() - killed.atMs);
      return;
    }
    const isCutOff = !network.reachable(observer.host, this.#cluster.member(name).host);
    // What was suspected during the partition, or by news of that time, may still be declared dead after it.
    const since = observer.serf.suspicions(name).at(-1)?.since;
    // Who never suspected it believed somebody who did.
    const isEcho = since === undefined ? this.#declaredCutOff.has(name) : since < this.#partitionEchoMs;
    if (isCutOff || isEcho) {
      this.#declaredCutOff.add(name);
      this.#cutOffReports += 1;
      return;
    }
    this.#falselyDead.add(name);
    this.#falseDeathReports += 1;
  }

  #detections(): Pick<SimulationReport, 'killed' | 'undetected' | 'firstDetection' | 'detection'> {
    const all = [...this.#killed.values()].map(({ seenMs }) => seenMs);
    const observers = this.#cluster.members.length;
    const firstDetection = distributionOf(all.flatMap((seen) => seen.slice(0, 1)));
    const detection = distributionOf(all.flat());
    return {
      killed: all.length,
      undetected: all.filter((seen) => seen.length < observers).length,
      ...(firstDetection && { firstDetection }),
      ...(detection && { detection }),
    };
  }

  #falseSuspicions(): number {
    const { members, clock } = this.#cluster;
    const startMs = clock.now() - clock.monotonic();
    const suspected = new Set<string>();
    for (const { serf } of members) {
      for (const { name } of serf.members()) {
        const endMs = startMs + (this.#killed.get(name)?.atMs ?? Infinity);
        for (const { incarnation, since } of serf.suspicions(name)) {
          if (since < endMs) suspected.add(`${name}/${incarnation}`);
        }
      }
    }
    return suspected.size;
  }

  #disseminations(): Pick<SimulationReport, 'events' | 'eventsMissed' | 'eventsRepeated' | 'dissemination'> {
    const sent = [...this.#sent.values()];
    const running = this.#cluster.members;
    const dissemination = distributionOf(sent.flatMap(({ heardBy }) => [...heardBy.values()]));
    return {
      events: sent.length,
      eventsMissed: sent.reduce((sum, { heardBy }) => sum + running.filter(({ name }) => !heardBy.has(name)).length, 0),
      eventsRepeated: this.#eventsRepeated,
      ...(dissemination && { dissemination }),
    };
  }

  #totals(): readonly [packets: number, bytes: number] {
    let packets = 0;
    let bytes = 0;
    // The killed ones count as well.
    for (let i = 0; i < this.#options.nodes; i += 1) {
      const counters = this.#cluster.network.counters(simHost(i));
      packets += counters.packetsSent;
      bytes += counters.packetBytesSent + counters.streamBytesSent;
    }
    return [packets, bytes];
  }

  #traffic(packetsBefore: number, bytesBefore: number, ms: number): TrafficRate {
    const [packets, bytes] = this.#totals();
    const memberSeconds = (this.#options.nodes * ms) / 1000;
    return {
      packetsPerSecond: (packets - packetsBefore) / memberSeconds,
      bytesPerSecond: (bytes - bytesBefore) / memberSeconds,
    };
  }
}
