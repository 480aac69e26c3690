import { SeededRandom } from '@steppe/runtime/simulation';
import { LAN_TIMING } from '../memberlist/options.js';
import { SerfCluster } from '../simulation/serf-cluster.js';

/** What a large pool goes through. Durations are milliseconds of virtual time. */
export interface LargePoolResult {
  /** From the first join until everybody saw everybody. */
  readonly joinedMs: number;
  /** From the end of what was done until everybody saw everybody again. */
  readonly wholeAgainMs: number;
}

type LargePoolScenario = (cluster: SerfCluster, random: SeededRandom) => Promise<void>;

/** Far longer than it takes: what the periodic exchanges of a large pool repair. */
const WITHIN_MS = 15 * 60_000;

/** By name, as the script takes it. */
export const LARGE_POOL_SCENARIOS: Readonly<Record<string, LargePoolScenario>> = {
  'join storm': () => Promise.resolve(),
  'at rest': async (cluster) => {
    await cluster.until(() => cluster.isQuiet(), WITHIN_MS, 1_000);
    await cluster.clock.advance(60_000);
  },
  'partition and heal': async (cluster) => {
    const hosts = cluster.members.map(({ host }) => host);
    cluster.network.partition(hosts.slice(0, Math.floor(hosts.length * 0.3)));
    await cluster.clock.advance(20_000);
    cluster.network.heal();
  },
  'rolling restart': async (cluster, random) => {
    for (let i = 0; i < 20; i += 1) {
      const { members } = cluster;
      // The first ones are those the others join through.
      const { name, host } = members[3 + Math.floor(random.next() * (members.length - 3))] as (typeof members)[0];
      await cluster.kill(name);
      await cluster.clock.advance(500);
      await cluster.boot(name, host);
      await cluster.join(name, 'n0');
      await cluster.clock.advance(2_000);
    }
  },
};

/**
 * Runs one scenario on a pool of its own: everybody joins at once, something is done, and the pool must be whole after it.
 * @throws when it does not become so in time, naming the seed
 */
export async function runLargePool(
  name: string,
  { size, seed, retransmitMult = LAN_TIMING.retransmitMult }: LargePoolOptions,
): Promise<LargePoolResult> {
  const scenario = LARGE_POOL_SCENARIOS[name];
  if (scenario === undefined) throw new Error(`no scenario ${name} of a large pool`);
  const options = { memberlist: { ...LAN_TIMING, retransmitMult } };
  const cluster = await SerfCluster.start({ size, seed, options, keepEvents: false });
  const start = cluster.clock.monotonic();
  await cluster.joinAll(size, WITHIN_MS);
  await cluster.until(() => cluster.isConverged(), WITHIN_MS, 100);
  const joinedMs = cluster.clock.monotonic() - start;
  await scenario(cluster, new SeededRandom(seed));
  const wholeAgainMs = await cluster.until(() => cluster.isConverged(), WITHIN_MS, 100);
  await cluster.stop();
  return { joinedMs, wholeAgainMs };
}

export interface LargePoolOptions {
  readonly size: number;
  readonly seed: number;
  /** Default: that of LAN timing. */
  readonly retransmitMult?: number;
}
