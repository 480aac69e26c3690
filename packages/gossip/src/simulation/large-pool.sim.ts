import { expect, test } from '@jest/globals';
import { LAN_TIMING } from '../memberlist/options.js';
import { SerfCluster } from './serf-cluster.js';
import { SIM_PORT } from './sim-cluster.js';

test('a thousand members that exchange their whole state with one of them twice all know each other, without any gossip', async () => {
  const size = 1_000;
  const cluster = await SerfCluster.start({
    size,
    seed: 1,
    options: { memberlist: { ...LAN_TIMING, gossipNodes: 0, probeIntervalMs: 600_000, compression: false } },
    keepEvents: false,
  });
  const [contact, ...others] = cluster.members;
  const address = { host: contact?.host ?? '', port: SIM_PORT };
  let joined = 0;
  // The second time the first ones hear of those that came after them.
  for (let round = 0; round < 2; round += 1) {
    others.forEach(({ serf }, i) => {
      cluster.clock.setTimer(2 * i, () => void serf.join([address]).then((result) => (joined += result.joined)));
    });
    await cluster.clock.advance(2 * size + 1_000);
  }
  expect(joined).toBe(2 * (size - 1));
  expect(cluster.isConverged()).toBe(true);
  // What everybody knows of a member is one object in memory.
  const seenBy = (observer: string) =>
    cluster
      .serf(observer)
      .members()
      .find(({ name }) => name === 'n500');
  expect(seenBy('n1')).toBe(seenBy('n2'));
  await cluster.stop();
});
