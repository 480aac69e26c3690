import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ACL_POLICIES } from '@steppe/state';
import { InProcessThread } from '../../testing/in-process-thread.js';
import { RegionFixture } from '../../testing/region-fixture.js';

let region: RegionFixture;
let threads: InProcessThread[];
let onSpawn: (thread: InProcessThread) => void;
beforeEach(async () => {
  threads = [];
  onSpawn = () => undefined;
  region = new RegionFixture({
    threads: () => {
      const thread = new InProcessThread();
      threads.push(thread);
      onSpawn(thread);
      return thread;
    },
  });
  await region.start();
});
afterEach(() => region.stop());

test('jobs are placed by schedulers in threads, on state that is kept up to date there', async () => {
  await region.addNode('n1');
  await region.run({ ID: 'a' }, { Count: 2 });
  await region.settle();
  await region.addNode('n2');
  await region.run({ ID: 'b', Type: 'system' });
  await region.settle();
  expect(region.live('a')).toHaveLength(2);
  expect(
    region
      .live('b')
      .map(({ nodeId }) => nodeId)
      .toSorted(),
  ).toEqual(['n1', 'n2']);
  expect(region.evaluations().every(({ status }) => status === 'complete')).toBe(true);
  expect(threads[0]?.received.filter((kind) => kind !== 'piece').slice(0, 3)).toEqual(['load', 'loaded', 'process']);
});

test('what could not be placed is blocked from there, too', async () => {
  await region.run();
  await region.settle();
  expect(
    region
      .evaluations()
      .map(({ status }) => status)
      .toSorted(),
  ).toEqual(['blocked', 'complete']);
  await region.addNode('n1');
  await region.settle();
  expect(region.live()).toHaveLength(1);
});

test('a thread that dies is replaced, and its evaluation is handed back and done', async () => {
  await region.addNode('n1');
  onSpawn = (thread) => {
    if (threads.length > 1) return;
    const post = thread.post.bind(thread);
    thread.post = (message) => (message.kind === 'process' ? thread.die('out of memory') : post(message));
  };
  await region.run();
  await region.settle(100);
  expect(region.live()).toEqual([]);
  expect(region.logger.messages('error')).toEqual(
    expect.arrayContaining(['scheduler thread ended', 'failed to process evaluation']),
  );
  await region.settle(2_000);
  expect(region.live()).toHaveLength(1);
  expect(threads).toHaveLength(2);
});

test('a thread with nothing to do for long is given back', async () => {
  await region.run();
  await region.settle();
  expect(region.threads.count).toBe(1);
  await region.settle(10 * 60_000);
  expect(region.threads.count).toBe(0);
});

test('threads are told nothing of what schedulers have no use for', async () => {
  await region.addNode('n1');
  await region.run();
  await region.settle();
  const [thread] = threads;
  const told: string[] = [];
  if (thread === undefined) throw new Error('no thread was started');
  const post = thread.post.bind(thread);
  thread.post = (message) => {
    told.push(JSON.stringify(message));
    post(message);
  };
  const policy = { name: 'secret-policy', description: '', rules: '', hash: '', jobAcl: undefined };
  await region.state.transact((tx) => tx.put(ACL_POLICIES, policy as never));
  expect(told).toEqual([JSON.stringify({ kind: 'commit', commit: { index: region.state.index, mutations: [] } })]);
});
