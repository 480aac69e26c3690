import { expect, test } from '@jest/globals';
import { runScenario, SCENARIOS } from '../testing/scenarios.js';

const SEEDS = [1, 2];

test.each(Object.keys(SCENARIOS).flatMap((name) => SEEDS.map((seed) => [name, seed] as const)))(
  'a pool is whole again after: %s (seed %i)',
  async (name, seed) => {
    const cluster = await runScenario(name, { seed });
    expect(cluster.isConverged()).toBe(true);
    await cluster.stop();
    expect(cluster.clock.pending).toBe(0);
  },
);

test('sixty members survive loss and a member that stalls', async () => {
  const cluster = await runScenario('stall', { seed: 5, size: 60, network: { lossRate: 0.05 } });
  expect(cluster.members).toHaveLength(60);
  await cluster.stop();
});
