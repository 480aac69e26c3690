import { expect, test } from '@jest/globals';
import { LoopLag } from '../membership/loop-lag.js';
import { SerfCluster } from '../simulation/serf-cluster.js';

/** A member whose event loop stands still again and again. @returns how often it suspected a live peer */
async function suspicionsByStalled(seed: number, { feedsLag }: { readonly feedsLag: boolean }): Promise<number> {
  const cluster = await SerfCluster.start({ size: 10, seed, network: { lossRate: 0.2 } });
  await cluster.joinAll();
  await cluster.until(() => cluster.isConverged());
  const { clock, serf, name } = cluster.member('n4');
  const lag = new LoopLag({ clock, onLag: (ms) => serf.noteLoopLag(ms) });
  if (feedsLag) lag.start();
  for (let round = 0; round < 90; round += 1) {
    clock.pause();
    await cluster.clock.advance(700);
    clock.resume();
    await cluster.clock.advance(300);
  }
  lag.stop();
  const accused = cluster.members.flatMap((peer) =>
    serf.suspicions(peer.name).filter(({ accusers }) => accusers[0]?.name === name),
  );
  await cluster.stop();
  return accused.length;
}

test('a member whose event loop stalls suspects fewer live peers when the lag feeds its health score', async () => {
  let [blind, aware] = [0, 0];
  for (let seed = 1; seed <= 2; seed += 1) {
    blind += await suspicionsByStalled(seed, { feedsLag: false });
    aware += await suspicionsByStalled(seed, { feedsLag: true });
  }
  expect(blind).toBeGreaterThan(5);
  expect(aware).toBeLessThan(blind / 2);
});
