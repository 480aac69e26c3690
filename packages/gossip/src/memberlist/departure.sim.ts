import { describe, expect, test } from '@jest/globals';
import { convergedCluster, startCluster } from '../testing/start-cluster.js';
import { simHost } from '../simulation/sim-cluster.js';

describe('leaving', () => {
  test.each([
    [3, 1],
    [16, 2],
    [32, 3],
  ])('is never seen as a failure (%p members)', async (size, seed) => {
    const cluster = await convergedCluster({ size, seed });
    await cluster.leave('n1');
    await cluster.advance(60_000);
    expect(cluster.events('dead')).toEqual([]);
    expect(cluster.events('leave', 'n1')).toHaveLength(size);
    expect(cluster.running.every(({ memberlist }) => memberlist.node('n1') === undefined)).toBe(true);
  });

  test('resolves as soon as everybody was told, and at once when nobody is there', async () => {
    const cluster = await convergedCluster({ size: 3, seed: 4 });
    const start = cluster.clock.monotonic();
    await cluster.settled(cluster.member('n2').memberlist.leave({ timeoutMs: 60_000 }));
    expect(cluster.clock.monotonic() - start).toBeLessThan(2_000);
    expect(cluster.member('n2').memberlist.local.state).toBe('left');
    await cluster.kill('n1');
    await cluster.advanceUntil(() => cluster.view('n0', 'n1') === 'dead', 40_000);
    await cluster.settled(cluster.member('n0').memberlist.leave({ timeoutMs: 60_000 }), 1);
  });

  test('goes on after its timeout when the news does not get out', async () => {
    const cluster = await startCluster({
      size: 2,
      seed: 5,
      options: { gossipIntervalMs: 60_000, probeIntervalMs: 60_000 },
    });
    await cluster.joinAll();
    await cluster.settled(cluster.member('n1').memberlist.leave({ timeoutMs: 2_000 }), 2_100);
  });

  test('of everybody at once ends with nobody taken for dead', async () => {
    const cluster = await convergedCluster({ size: 8, seed: 6 });
    await Promise.all(cluster.running.map(({ memberlist }) => cluster.settled(memberlist.leave({ timeoutMs: 5_000 }))));
    expect(cluster.events('dead')).toEqual([]);
  });
});

describe('a name that comes back from another address', () => {
  test('is taken at once when its bearer had left', async () => {
    const cluster = await convergedCluster({ size: 4, seed: 7 });
    await cluster.leave('n3');
    await cluster.boot('n3', simHost(50));
    await cluster.settled(cluster.join('n3', 'n0'));
    await cluster.advanceUntil(() => cluster.isConverged(), 2_000);
    expect(cluster.events('conflict')).toEqual([]);
    expect(cluster.member('n1').memberlist.node('n3')?.host).toBe(simHost(50));
  });

  test('is a conflict while its bearer is held for alive or dead, until the entry is purged', async () => {
    const cluster = await convergedCluster({ size: 4, seed: 8 });
    await cluster.kill('n3');
    await cluster.advance(1_000);
    await cluster.boot('n3', simHost(50));
    await cluster.settled(cluster.join('n3', 'n0'));
    await cluster.advance(5_000);
    expect(cluster.events('conflict', 'n3').length).toBeGreaterThan(0);
    expect(cluster.member('n1').memberlist.node('n3')?.host).not.toBe(simHost(50));
    await cluster.advanceUntil(() => {
      const view = cluster.member('n0').memberlist.node('n3');
      return view === undefined || view.host === simHost(50);
    }, 120_000);
    await cluster.settled(cluster.join('n3', 'n0'));
    await cluster.advanceUntil(() => cluster.isConverged(), 60_000);
  });

  test('may reclaim a dead name where a reclaim time is set and over', async () => {
    const cluster = await convergedCluster({ size: 4, seed: 9, options: { deadNodeReclaimMs: 3_000 } });
    await cluster.kill('n3');
    await cluster.advanceUntil(() => cluster.running.every(({ name }) => cluster.view(name, 'n3') === 'dead'), 60_000);
    await cluster.advance(3_500);
    await cluster.boot('n3', simHost(50));
    await cluster.settled(cluster.join('n3', 'n0'));
    await cluster.advanceUntil(() => cluster.isConverged(), 3_000);
    expect(cluster.events('conflict')).toEqual([]);
  });
});
