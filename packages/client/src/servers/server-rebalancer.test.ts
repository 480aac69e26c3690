import { describe, expect, test } from '@jest/globals';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { FakeServerLink } from '../testing/fake-server-link.js';
import { FixedRandom } from '../testing/fixed-random.js';
import { ServerList } from './server-list.js';
import { ServerRebalancer } from './server-rebalancer.js';

const MINUTE = 60_000;

const create = ({ chance = 0, servers: addresses = ['a:1', 'b:1'] } = {}) => {
  const clock = new SimClock();
  const link = new FakeServerLink({ clock });
  const servers = new ServerList({ random: new FixedRandom(0.999_999) });
  servers.replace(addresses);
  const random = new FixedRandom(chance);
  const rebalancer = new ServerRebalancer({ servers, link, clock, random, logger: new RecordingLogger() });
  const abort = new AbortController();
  return { abort, clock, link, rebalancer, servers };
};

describe('turning to another server from time to time', () => {
  test.each([
    [{ nodeCount: 0, chance: 0, servers: 1 }, 5 * MINUTE],
    [{ nodeCount: 38_400, chance: 0, servers: 2 }, 5 * MINUTE],
    [{ nodeCount: 76_800, chance: 0, servers: 2 }, 10 * MINUTE],
    [{ nodeCount: 76_800, chance: 0.5, servers: 2 }, 15 * MINUTE],
    [{ nodeCount: Number.MAX_SAFE_INTEGER, chance: 0, servers: 1 }, 24 * 60 * MINUTE],
  ])('%j waits %i ms', async ({ nodeCount, chance, servers: count }, waits) => {
    const addresses = Array.from({ length: count }, (_, i) => `s${i}:1`);
    const { abort, clock, link, rebalancer } = create({ chance, servers: addresses });
    rebalancer.observe({ nodeCount });
    const running = rebalancer.run(abort);
    await clock.advance(waits - 1);
    expect(link.calls).toEqual([]);
    await clock.advance(1);
    expect(link.timeline()).toEqual([`ping@${waits}`]);
    abort.abort(new Error('stopping'));
    await running;
    expect(clock.pending).toBe(0);
  });

  test('a server that does not answer is not turned to, again and again', async () => {
    const { abort, clock, link, rebalancer, servers } = create();
    link.onCall = ({ server }) => {
      if (server === 'a:1') throw new Error('connection refused');
    };
    const running = rebalancer.run(abort);
    await clock.advance(5 * MINUTE);
    expect(servers.all()).toEqual(['b:1', 'a:1']);
    await clock.advance(5 * MINUTE);
    expect(link.calls.map(({ server }) => server)).toEqual(['a:1', 'b:1', 'b:1']);
    abort.abort(new Error('stopping'));
    await running;
  });

  test('the end of the runtime ends a ping under way', async () => {
    const { abort, clock, link, rebalancer } = create();
    link.onCall = () => {
      abort.abort(new Error('stopping'));
      throw new Error('aborted');
    };
    const running = rebalancer.run(abort);
    await clock.advance(5 * MINUTE);
    await running;
    expect(link.calls).toHaveLength(1);
  });
});
