import { SeededRandom } from '@steppe/runtime/simulation';
import { LAN_TIMING } from '../memberlist/options.js';
import { SerfCluster } from '../simulation/serf-cluster.js';

/** What a large pool goes through. Durations are milliseconds of virtual time. */
export interface LargePoolResult {
  /** From the first join until everybody saw everybody; absent where the pool was there from the start. */
  readonly joinedMs?: number;
  /** From the end of what was done until everybody saw everybody again. */
  readonly wholeAgainMs: number;
}

interface LargePoolScenario {
  /** Whether the members join, all at once; else the pool is there from the start. */
  readonly joins: boolean;
  readonly run: (cluster: SerfCluster, random: SeededRandom) => Promise<void>;
}

/** Far longer than it takes: what the periodic exchanges of a large pool repair. */
const WITHIN_MS = 15 * 60_000;

/** By name, as the script takes it. */
export const LARGE_POOL_SCENARIOS: Readonly<Record<string, LargePoolScenario>> = {
  'at rest': { joins: false, run: async (cluster) => cluster.clock.advance(60_000) },
  'partition and heal': {
    joins: false,
    run: async (cluster) => {
      const hosts = cluster.members.map(({ host }) => host);
      cluster.network.partition(hosts.slice(0, Math.floor(hosts.length * 0.3)));
      await cluster.clock.advance(20_000);
      cluster.network.heal();
    },
  },
  'rolling restart': {
    joins: false,
    run: async (cluster, random) => {
      for (let i = 0; i < 20; i += 1) {
        const { members } = cluster;
        // The first one is the one the others join through.
        const { name, host } = members[1 + Math.floor(random.next() * (members.length - 1))] as (typeof members)[0];
        await cluster.kill(name);
        await cluster.clock.advance(500);
        await cluster.boot(name, host);
        await cluster.join(name, 'n0');
        await cluster.clock.advance(2_000);
      }
    },
  },
  'join storm': { joins: true, run: () => Promise.resolve() },
};

/**
 * Runs one scenario on a pool of its own, which must be whole after it.
 * @throws when it does not become so in time, naming the seed
 */
export async function runLargePool(
  name: string,
  { size, seed, retransmitMult = LAN_TIMING.retransmitMult }: LargePoolOptions,
): Promise<LargePoolResult> {
  const scenario = LARGE_POOL_SCENARIOS[name];
  if (scenario === undefined) throw new Error(`no scenario ${name} of a large pool`);
  const options = { memberlist: { ...LAN_TIMING, retransmitMult } };
  const { joins, run } = scenario;
  const cluster = await SerfCluster[joins ? 'start' : 'established']({
    size,
    seed,
    options,
    keepEvents: false,
    handOver: true,
  });
  const start = cluster.clock.monotonic();
  if (joins) {
    await cluster.joinAll(size, WITHIN_MS);
    await cluster.until(() => cluster.isConverged(), WITHIN_MS, 100);
  }
  const joinedMs = cluster.clock.monotonic() - start;
  await run(cluster, new SeededRandom(seed));
  const wholeAgainMs = await cluster.until(() => cluster.isConverged(), WITHIN_MS, 100);
  await cluster.stop();
  return { ...(joins && { joinedMs }), wholeAgainMs };
}

export interface LargePoolOptions {
  readonly size: number;
  readonly seed: number;
  /** Default: that of LAN timing. */
  readonly retransmitMult?: number;
}
