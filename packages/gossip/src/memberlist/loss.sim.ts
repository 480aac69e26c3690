import { describe, expect, test } from '@jest/globals';
import { convergedCluster, startCluster } from '../testing/start-cluster.js';

test.each([1, 2, 3])('ten members at 30 %% loss hold nobody for dead over 75 s (seed %p)', async (seed) => {
  const cluster = await convergedCluster({ size: 10, seed });
  cluster.network.setConditions({ lossRate: 0.3 });
  await cluster.advance(75_000);
  expect(cluster.events('dead')).toEqual([]);
  cluster.network.setConditions({ lossRate: 0 });
  await cluster.advanceUntil(() => cluster.isConverged(), 30_000);
});

test('without pings over streams the same loss leads to suspicions', async () => {
  const suspicions = async (tcpPings: boolean) => {
    const cluster = await convergedCluster({ size: 10, seed: 5, options: { tcpPings } });
    cluster.network.setConditions({ lossRate: 0.3 });
    await cluster.advance(75_000);
    return cluster.running.flatMap(({ memberlist }) =>
      memberlist.nodes().flatMap(({ name }) => memberlist.suspicions(name)),
    );
  };
  expect((await suspicions(true)).length).toBeLessThan((await suspicions(false)).length);
});

test('members whose datagrams do not get through at all stay alive by streams', async () => {
  const cluster = await convergedCluster({ size: 4, seed: 6 });
  cluster.network.setLink('*', cluster.member('n2').host, { datagrams: 'drop' });
  await cluster.advance(60_000);
  expect(cluster.events('dead')).toEqual([]);
});

test.each([1, 2, 3])('loss in one direction only is survived through helpers (seed %p)', async (seed) => {
  const cluster = await convergedCluster({ size: 8, seed, options: { tcpPings: false } });
  // What n1 sends to n2 never arrives; all other ways are open.
  cluster.network.setLink(cluster.member('n1').host, cluster.member('n2').host, { datagrams: 'drop', streams: 'drop' });
  await cluster.advance(75_000);
  expect(cluster.events('dead')).toEqual([]);
});

describe('a network that does everything at once', () => {
  const rough = { lossRate: 0.15, latencyMs: 5, jitterMs: 60, duplicateRate: 0.1, reorderRate: 0.1, reorderMs: 300 };

  test('does not keep members from finding each other', async () => {
    const cluster = await startCluster({ size: 16, seed: 21, network: rough });
    await cluster.joinAll();
    await cluster.advanceUntil(() => cluster.isConverged(), 65_000);
    expect(cluster.events('dead')).toEqual([]);
  });

  test('gives the same log from the same seed, and another from another', async () => {
    const run = async (seed: number) => {
      const cluster = await startCluster({ size: 8, seed, network: rough });
      await cluster.joinAll();
      await cluster.advance(10_000);
      await cluster.kill('n5');
      await cluster.advance(30_000);
      return cluster.log;
    };
    const [first, second, other] = [await run(1), await run(1), await run(2)];
    expect(second).toEqual(first);
    expect(first.length).toBeGreaterThan(64);
    expect(other).not.toEqual(first);
  });
});

describe('a partition', () => {
  test('splits the pool in two that go on, and heals by the exchange of state', async () => {
    const cluster = await convergedCluster({ size: 8, seed: 33 });
    const hosts = cluster.running.map(({ host }) => host);
    cluster.network.partition(hosts.slice(0, 4));
    await cluster.advanceUntil(
      () => ['n0', 'n1', 'n2', 'n3'].every((a) => ['n4', 'n5', 'n6', 'n7'].every((b) => cluster.view(a, b) === 'dead')),
      60_000,
    );
    cluster.network.heal();
    // Within the time the dead are still gossiped to, a claim reaches them, and they refute.
    await cluster.advanceUntil(() => cluster.isConverged(), 60_000);
  });

  test('too short for a verdict leaves no trace but suspicions', async () => {
    const cluster = await convergedCluster({ size: 8, seed: 32 });
    cluster.network.partition([cluster.member('n0').host]);
    await cluster.advance(2_000);
    cluster.network.heal();
    await cluster.advance(40_000);
    expect(cluster.events('dead')).toEqual([]);
    expect(cluster.isConverged()).toBe(true);
  });
});
