import { expect, test } from '@jest/globals';
import { SERVER_TIMING } from '../memberlist/options.js';
import { SerfCluster } from './serf-cluster.js';
import type { SerfClusterOptions } from './serf-cluster.js';

const options: SerfClusterOptions = { size: 20, seed: 3, network: { lossRate: 0.05 } };

/** Packets of everybody so far. */
function packets({ members, network }: SerfCluster): number {
  return members.reduce((sum, { host }) => sum + network.counters(host).packetsSent, 0);
}

test('in an established pool everybody knows everybody, without a word and without an event', async () => {
  const cluster = await SerfCluster.established({ ...options, size: 50 });
  expect([cluster.isConverged(), cluster.isQuiet(), packets(cluster)]).toEqual([true, true, 0]);
  expect(cluster.members.flatMap(({ events }) => events)).toEqual([]);
  // One object for all who know a member.
  const [first, second] = ['n0', 'n1'].map((name) =>
    cluster
      .serf(name)
      .members()
      .find((member) => member.name === 'n7'),
  );
  expect(first).toMatchObject({ name: 'n7', address: '10.0.0.8', status: 'alive', tags: { role: 'test' } });
  expect(first).toBe(second);
  await cluster.stop();
});

test('at rest an established pool sends nothing but pings and acks, from its first second on and evenly', async () => {
  const cluster = await SerfCluster.established({ ...options, size: 50, network: {} });
  let before = 0;
  for (let second = 0; second < 5; second += 1) {
    await cluster.clock.advance(1_000);
    const sent = packets(cluster) - before;
    before += sent;
    expect(sent).toBeGreaterThan(90);
    expect(sent).toBeLessThan(110);
  }
  await cluster.stop();
});

test('an established pool finds a dead member, and takes in one that comes back', async () => {
  const cluster = await SerfCluster.established(options);
  const { host } = cluster.member('n5');
  await cluster.kill('n5');
  await cluster.until(() => cluster.seenAs('n5', 'failed'), 30_000);
  expect(cluster.history('n0', 'n5')).toEqual(['member-failed']);
  await cluster.boot('n5', host);
  await cluster.join('n5', 'n9');
  await cluster.until(() => cluster.isConverged(), 30_000);
  await cluster.stop();
});

test('whole is who sees all that run, converged who sees nobody else', async () => {
  const cluster = await SerfCluster.established(options);
  await cluster.kill('n5');
  expect([cluster.isWhole(), cluster.isConverged()]).toEqual([true, false]);
  await cluster.until(() => cluster.isConverged(), 30_000);
  expect(cluster.isWhole()).toBe(true);
  cluster.network.partition(['10.0.0.1']);
  await cluster.until(() => !cluster.isWhole(), 30_000);
  expect(cluster.isConverged()).toBe(false);
  await cluster.stop();
});

test('members that hand each other what they tell do to the packet what those do that take datagrams apart', async () => {
  const runs = [];
  for (const handOver of [true, false]) {
    const seen: string[] = [];
    const cluster: SerfCluster = await SerfCluster.established({
      ...options,
      size: 40,
      options: { memberlist: SERVER_TIMING },
      handOver,
      onEvent: ({ name }, event) => {
        const who = 'members' in event ? event.members.map((member) => member.name).join() : event.type;
        seen.push(`${cluster.clock.monotonic()} ${name} ${event.type} ${who}`);
      },
    });
    cluster.network.partition(cluster.members.slice(0, 12).map(({ host }) => host));
    await cluster.clock.advance(30_000);
    cluster.network.heal();
    cluster.serf('n9').userEvent('deploy', new Uint8Array(40));
    await cluster.kill('n30');
    await cluster.clock.advance(40_000);
    const bytes = cluster.members.reduce((sum, { host }) => sum + cluster.network.counters(host).packetBytesSent, 0);
    runs.push({ packets: packets(cluster), seen, bytes });
    await cluster.stop();
  }
  const [handedOver, real] = runs;
  if (handedOver === undefined || real === undefined) throw new Error('not both were run');
  expect(handedOver.packets).toBe(real.packets);
  expect(handedOver.seen).toEqual(real.seen);
  expect(real.seen.length).toBeGreaterThan(500);
  expect(Math.abs(handedOver.bytes / real.bytes - 1)).toBeLessThan(0.03);
});
