import { expect, test } from '@jest/globals';
import { startCluster } from '../testing/start-cluster.js';

test.each([
  [3, 1_000],
  [32, 2_000],
  [128, 35_000],
])('%p members that join one of them know each other soon', async (size, withinMs) => {
  const cluster = await startCluster({ size, seed: size });
  await cluster.joinAll();
  const tookMs = await cluster.advanceUntil(() => cluster.isConverged(), withinMs);
  expect(tookMs).toBeLessThanOrEqual(withinMs);
  expect(cluster.events('join')).toHaveLength(size * size);
  expect(cluster.events('dead')).toEqual([]);
});
