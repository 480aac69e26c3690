import { expect, test } from '@jest/globals';
import { SerfCluster } from './serf-cluster.js';
import { SerfInvariants } from './serf-invariants.js';

test('an event that is delivered twice is a violation that says how to run it again', async () => {
  const cluster = await SerfCluster.joined({ size: 2, seed: 1 });
  const invariants = new SerfInvariants(cluster, 'seed 1');
  cluster.serf('n0').userEvent('deploy', new Uint8Array());
  await invariants.advance(2_000);
  const { events } = cluster.member('n1');
  events.push(...events.filter(({ type }) => type === 'user'));
  expect(() => invariants.check()).toThrow(/^n1 got the event deploy twice, at \d+ ms\. Again: seed 1$/);
  await cluster.stop();
});

test('what does not come true in time is told with the way to run it again', async () => {
  const cluster = await SerfCluster.start({ size: 1, seed: 1 });
  const invariants = new SerfInvariants(cluster, 'seed 1');
  await expect(invariants.until('the impossible', () => false, 1_000)).rejects.toThrow(
    'not within 1000 ms: the impossible, at 1000 ms. Again: seed 1',
  );
  await cluster.stop();
});
