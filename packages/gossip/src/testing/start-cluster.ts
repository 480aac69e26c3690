import { SeededRandom, SimClock } from '@steppe/testing';
import { SimCluster } from '../simulation/sim-cluster.js';
import type { SimClusterOptions } from '../simulation/sim-cluster.js';

/** Timers one step may fire: a thousand members in a storm of messages. */
const MAX_EVENTS = 50_000_000;

/** Starts members `n0`, `n1`, … each alone. */
export function startCluster(options: SimClusterOptions): Promise<SimCluster> {
  return SimCluster.start(options, {
    clock: new SimClock(undefined, { maxEvents: MAX_EVENTS }),
    seeded: (seed) => new SeededRandom(seed),
  });
}

/** Starts members that all join the first, and waits until everybody knows everybody and nothing is left to say. */
export async function convergedCluster(options: SimClusterOptions, withinMs = 90_000): Promise<SimCluster> {
  const cluster = await startCluster(options);
  await cluster.joinAll();
  await cluster.advanceUntil(() => cluster.isConverged() && cluster.isQuiet(), withinMs);
  return cluster;
}
