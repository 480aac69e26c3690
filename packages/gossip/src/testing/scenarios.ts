import { SeededRandom } from '@steppe/runtime/simulation';
import { LAN_TIMING } from '../memberlist/options.js';
import { SerfCluster } from '../simulation/serf-cluster.js';
import type { SerfClusterOptions } from '../simulation/serf-cluster.js';
import { SerfInvariants } from '../simulation/serf-invariants.js';

/** Healing of a split pool is up to the reconnects, every half minute of which only some try. */
const HEALING_MS = 15 * 60_000;

interface Run {
  readonly cluster: SerfCluster;
  readonly invariants: SerfInvariants;
  readonly random: SeededRandom;
  readonly hosts: readonly string[];
}

/** One thing that networks and operators do to a pool. The pool is whole at its start and must be whole after it. */
type Scenario = (run: Run) => Promise<void>;

/** By name, as a failing run prints it and the soak script takes it. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  loss: async ({ cluster, invariants, random }) => {
    cluster.network.setConditions({ lossRate: 0.3 * random.next(), latencyMs: 5, jitterMs: 20 });
    await invariants.advance(60_000);
  },
  'asymmetric loss': async ({ cluster, invariants, hosts }) => {
    for (let i = 0; i < hosts.length; i += 2) cluster.network.setLink(hosts[i] as string, '*', { lossRate: 0.3 });
    await invariants.advance(60_000);
  },
  'duplicates and reordering': async ({ cluster, invariants }) => {
    cluster.network.setConditions({ duplicateRate: 0.3, reorderRate: 0.3, reorderMs: 400, jitterMs: 50 });
    await invariants.advance(60_000);
  },
  partition: async ({ cluster, invariants, random, hosts }) => {
    const side = 1 + Math.floor(random.next() * (hosts.length - 1));
    cluster.network.partition(hosts.slice(0, side));
    await invariants.advance(10_000 + 80_000 * random.next());
  },
  'slow member': async ({ cluster, invariants, hosts }) => {
    cluster.network.slow(hosts[1] as string, 600);
    await invariants.advance(60_000);
  },
  stall: async ({ cluster, invariants, random }) => {
    const { clock } = cluster.members[
      1 + Math.floor(random.next() * (cluster.members.length - 1))
    ] as (typeof cluster.members)[0];
    clock.pause();
    await invariants.advance(1_000 + 4_000 * random.next());
    clock.resume();
    await invariants.advance(20_000);
  },
  'rolling restart': async ({ cluster, invariants }) => {
    for (const { name, host } of cluster.members) {
      await cluster.kill(name);
      await invariants.advance(500);
      await cluster.boot(name, host);
      await cluster.join(name, name === 'n0' ? 'n1' : 'n0');
      await invariants.advance(3_000);
    }
  },
};

/** Runs one scenario on a pool of its own. @throws when something that must hold does not, naming scenario and seed */
export async function runScenario(
  name: string,
  { seed, size = 3 + (seed % 8), ...options }: { readonly seed: number } & Partial<SerfClusterOptions>,
): Promise<SerfCluster> {
  const scenario = SCENARIOS[name];
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const cluster = await SerfCluster.established({ options: { memberlist: LAN_TIMING }, ...options, size, seed });
  const invariants = new SerfInvariants(cluster, `runScenario('${name}', { seed: ${seed}, size: ${size} })`);
  cluster.serf('n1').userEvent('before', new Uint8Array());
  await scenario({
    cluster,
    invariants,
    random: new SeededRandom(seed),
    hosts: cluster.members.map(({ host }) => host),
  });
  cluster.network.heal();
  cluster.network.setConditions({ lossRate: 0, duplicateRate: 0, reorderRate: 0, jitterMs: 0 });
  await invariants.until('everybody alive to everybody again', () => cluster.isConverged(), HEALING_MS);
  cluster.serf('n0').userEvent('after', new Uint8Array());
  const heard = (): boolean =>
    cluster.members.every(({ events }) => events.some((event) => event.type === 'user' && event.name === 'after'));
  await invariants.until('an event reaches everybody', heard, 90_000);
  await invariants.until('queues are empty', () => cluster.isQuiet(), 60_000);
  return cluster;
}
