import { describe, expect, test } from '@jest/globals';
import { convergedCluster } from '../testing/start-cluster.js';
import { LAN_TIMING } from './options.js';
import { suspicionBounds } from './suspicion.js';

describe('a killed member', () => {
  test.each([
    [3, 1],
    [10, 2],
    [32, 3],
  ])('is dead to all others within a probe round and the longest suspicion (%p members)', async (size, seed) => {
    const cluster = await convergedCluster({ size, seed });
    await cluster.kill('n1');
    // A round over all others, twice the deadline of the failing probe, the suspicion, and the spreading of the news.
    const { minMs, maxMs, confirmations } = suspicionBounds(size, LAN_TIMING);
    const limitMs = 2 * size * LAN_TIMING.probeIntervalMs + (confirmations === 0 ? minMs : maxMs) + 2_000;
    const others = cluster.running.map(({ name }) => name);
    const tookMs = await cluster.advanceUntil(
      () => others.every((name) => cluster.view(name, 'n1') === 'dead'),
      limitMs,
    );
    expect(tookMs).toBeGreaterThan(minMs);
    expect(cluster.events('dead', 'n1')).toHaveLength(size - 1);
    expect(cluster.events('dead')).toHaveLength(size - 1);
    const [suspicion] = cluster.member(others[0] as string).memberlist.suspicions('n1');
    expect(suspicion).toMatchObject({ outcome: 'died', incarnation: 1 });
  });

  test('is forgotten a while later, so that the table does not grow for ever', async () => {
    const cluster = await convergedCluster({ size: 5, seed: 4 });
    await cluster.kill('n4');
    await cluster.advanceUntil(() => cluster.view('n0', 'n4') === 'dead', 40_000);
    await cluster.advanceUntil(
      () => cluster.running.every(({ memberlist }) => memberlist.node('n4') === undefined),
      LAN_TIMING.gossipToTheDeadMs + 15_000,
    );
    expect(cluster.isConverged()).toBe(true);
  });

  test('comes back under its name and address at once', async () => {
    const cluster = await convergedCluster({ size: 5, seed: 5 });
    const { host } = cluster.member('n4');
    await cluster.kill('n4');
    await cluster.advanceUntil(() => cluster.view('n0', 'n4') === 'dead', 40_000);
    await cluster.boot('n4', host);
    await cluster.settled(cluster.join('n4', 'n0'));
    await cluster.advanceUntil(() => cluster.isConverged(), 3_000);
    // Its peers hold incarnation 1 for dead: it has to refute that, with 2.
    expect(cluster.member('n4').memberlist.local.incarnation).toBe(2);
    expect(cluster.events('join', 'n4').length).toBeGreaterThanOrEqual(5 + 5);
  });

  test('comes back before anybody noticed: nobody sees a failure', async () => {
    const cluster = await convergedCluster({ size: 5, seed: 6 });
    const { host } = cluster.member('n4');
    await cluster.kill('n4');
    await cluster.advance(300);
    await cluster.boot('n4', host);
    await cluster.settled(cluster.join('n4', 'n0'));
    await cluster.advance(30_000);
    expect(cluster.isConverged()).toBe(true);
    expect(cluster.events('dead')).toEqual([]);
  });
});

describe('a paused member', () => {
  test('of ten is suspected, refutes when it runs again, and never dies', async () => {
    let suspicions = 0;
    for (let seed = 1; seed <= 5; seed += 1) {
      const cluster = await convergedCluster({ size: 10, seed });
      const paused = cluster.member('n3');
      paused.clock.pause();
      await cluster.advance(3_000);
      paused.clock.resume();
      await cluster.advance(30_000);
      expect(cluster.events('dead')).toEqual([]);
      expect(cluster.isConverged()).toBe(true);
      const records = cluster.running.flatMap(({ memberlist }) => memberlist.suspicions('n3'));
      expect(records.every(({ outcome }) => outcome === 'refuted')).toBe(true);
      if (records.length > 0) expect(paused.memberlist.local.incarnation).toBeGreaterThan(1);
      suspicions += records.length;
    }
    expect(suspicions).toBeGreaterThan(0);
  });

  test('does not take its peers for dead when it runs again', async () => {
    const cluster = await convergedCluster({ size: 10, seed: 11 });
    const paused = cluster.member('n3');
    paused.clock.pause();
    await cluster.advance(8_000);
    paused.clock.resume();
    await cluster.advance(60_000);
    expect(cluster.events('dead').filter((line) => line.split(' ')[1] === 'n3')).toEqual([]);
    expect(cluster.isConverged()).toBe(true);
  });
});

test('a slow member is not taken for dead', async () => {
  const cluster = await convergedCluster({ size: 8, seed: 12 });
  cluster.network.slow(cluster.member('n2').host, 700);
  await cluster.advance(60_000);
  expect(cluster.events('dead')).toEqual([]);
});
