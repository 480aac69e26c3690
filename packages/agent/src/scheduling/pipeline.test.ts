import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ALLOCATIONS, NODES, SCHEDULER_CONFIGURATION } from '@steppe/state';
import type { Allocation, Node } from '@steppe/domain';
import { DEFAULT_SCHEDULER_CONFIGURATION } from '@steppe/domain';
import type { AllocReport } from '../nodes/alloc-reports.js';
import { groupSummaries } from '../jobs/job-summary.js';
import { NODE_SECRET, RegionFixture } from '../testing/region-fixture.js';
import { deleteJob } from './job-rows.js';

let region: RegionFixture;
beforeEach(async () => {
  region = new RegionFixture();
  await region.start();
});
afterEach(() => region.stop());

describe('a job', () => {
  test('is placed, runs, and is dead once it has been stopped', async () => {
    for (const id of ['n1', 'n2', 'n3']) await region.addNode(id);
    const job = await region.run({}, { Count: 3 });
    expect(region.job()?.status).toBe('pending');
    await region.settle();
    expect(region.live().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['web.front[0]', 'web.front[1]', 'web.front[2]']),
    );
    expect(region.live().every(({ allocModifyIndex, modifyIndex }) => allocModifyIndex === modifyIndex)).toBe(true);
    await region.startAll();
    expect(region.job()).toMatchObject({ status: 'running', version: 0 });
    // What nodes report is no news to them.
    expect(region.live().every(({ allocModifyIndex, modifyIndex }) => allocModifyIndex < modifyIndex)).toBe(true);
    await region.run({ ...job, Stop: true, ID: 'web' });
    await region.settle();
    expect(region.live()).toEqual([]);
    expect(region.job()).toMatchObject({ status: 'dead', version: 1, stop: true });
    expect(region.evaluations().map(({ status }) => status)).toEqual(['complete', 'complete']);
  });

  test('waits for room, and goes where it comes up', async () => {
    await region.run({}, { Count: 2 });
    await region.settle();
    expect(
      region
        .evaluations()
        .map(({ status }) => status)
        .toSorted(),
    ).toEqual(['blocked', 'complete']);
    expect(region.job()?.status).toBe('pending');
    await region.addNode('n1');
    await region.settle();
    expect(region.live()).toHaveLength(2);
    expect(region.evaluations().every(({ status }) => status === 'complete')).toBe(true);
  });

  test('row 35: that finds room for a part of what waits goes on waiting for the rest, as its summary tells', async () => {
    const large = { Name: 'main', Driver: 'raw_exec', Resources: { CPU: 3_000, MemoryMB: 50 } };
    const job = await region.run({}, { Count: 3, Tasks: [large] });
    await region.settle();
    const blocked = () => region.evaluations().filter(({ status }) => status === 'blocked');
    const queued = () => groupSummaries(region.state.snapshot(), job)['front']?.Queued;
    const [before] = blocked();
    expect(queued()).toBe(3);
    await region.addNode('n1');
    await region.settle();
    expect(region.live()).toHaveLength(1);
    expect(blocked()).toMatchObject([{ id: before?.id, queuedAllocations: { front: 2 } }]);
    expect(blocked()[0]?.snapshotIndex).toBeGreaterThan(before?.snapshotIndex ?? 0);
    expect(queued()).toBe(2);
  });

  test('has a failed allocation replaced elsewhere', async () => {
    await region.addNode('n1');
    await region.addNode('n2');
    await region.run(
      {},
      { ReschedulePolicy: { Attempts: 1, Interval: 3.6e12, Delay: 5e9, DelayFunction: 'constant' } },
    );
    await region.settle();
    const [first] = region.live();
    if (first === undefined) throw new Error('nothing was placed');
    await region.report(first, 'running');
    await region.report(first, 'failed');
    await region.settle(6_000);
    const [second] = region.live();
    expect(second).toMatchObject({ previousAllocation: first.id, name: first.name });
    expect(region.allocation(first.id)?.nextAllocation).toBe(second?.id);
    expect(region.evaluations().map(({ triggeredBy }) => triggeredBy)).toContain('alloc-failure');
  });

  test('whose allocations run on although it has been purged is stopped', async () => {
    await region.addNode('n1');
    await region.run();
    await region.settle();
    const [allocation] = region.live();
    if (allocation === undefined) throw new Error('nothing was placed');
    await region.state.transact((tx) => deleteJob(tx, { namespace: 'default', id: 'web' }));
    await region.report(allocation, 'running');
    await region.settle();
    expect(region.allocation(allocation.id)?.desiredStatus).toBe('stop');
    expect(region.evaluations().map(({ triggeredBy }) => triggeredBy)).toContain('job-deregister');
  });

  test('row 142: is written and not placed while the broker is paused', async () => {
    await region.addNode('n1');
    const pause = (pauseEvalBroker: boolean) =>
      region.state.transact((tx) =>
        tx.put(SCHEDULER_CONFIGURATION, { ...DEFAULT_SCHEDULER_CONFIGURATION, pauseEvalBroker }),
      );
    await pause(true);
    await region.run();
    await region.settle(5_000);
    expect(region.evaluations().map(({ status }) => status)).toEqual(['pending']);
    await pause(false);
    await region.settle();
    expect(region.live()).toHaveLength(1);
  });

  test('of type system runs on every node, also on one that comes later', async () => {
    await region.addNode('n1');
    await region.run({ Type: 'system' });
    await region.settle();
    await region.addNode('n2');
    await region.addNode('other', { nodePool: 'gpu' });
    await region.settle();
    expect(
      region
        .live()
        .map(({ nodeId }) => nodeId)
        .toSorted(),
    ).toEqual(['n1', 'n2']);
  });
});

describe('a node', () => {
  test('row 124, 125: that registers is initializing and changes nothing, until its first heartbeat', async () => {
    await region.run({ Type: 'system' });
    await region.settle();
    const ofNodes = () => region.evaluations().filter(({ triggeredBy }) => triggeredBy === 'node-update');
    const { heartbeatTtlMs } = await region.register('n1');
    await region.settle();
    expect(heartbeatTtlMs).toBeGreaterThanOrEqual(10_000);
    expect(heartbeatTtlMs).toBeLessThanOrEqual(20_000);
    expect(region.node('n1')?.status).toBe('initializing');
    expect(ofNodes()).toEqual([]);
    expect(region.evaluations()).toHaveLength(1);

    const { index } = await region.beat('n1');
    expect(index).toBe(region.node('n1')?.modifyIndex);
    expect(index).toBeGreaterThan(0);
    expect(region.node('n1')?.status).toBe('ready');
    expect(ofNodes()).toMatchObject([{ jobId: 'web', type: 'system', nodeId: 'n1', createIndex: index }]);
    expect((await region.beat('n1')).index).toBe(0);
    await region.settle();
    expect(region.live()).toMatchObject([{ nodeId: 'n1' }]);
  });

  test('row 128: has time until its last heartbeat is too long ago, and then every job on it is looked at once', async () => {
    await region.addNode('n1');
    for (const ID of ['web', 'sum']) await region.run({ ID }, { Count: 2 });
    await region.settle();
    const overAt = ({ heartbeatTtlMs }: { readonly heartbeatTtlMs: number }) =>
      region.clock.now() + heartbeatTtlMs + 10_000;
    const first = overAt(await region.beat('n1'));
    await region.settle(9_999);
    const second = overAt(await region.beat('n1'));
    expect(second).toBeGreaterThan(first);
    await region.settle(second - region.clock.now() - 1);
    expect(region.node('n1')?.status).toBe('ready');
    await region.settle(1);
    expect(region.node('n1')?.status).toBe('down');
    const evaluations = region.evaluations().filter(({ triggeredBy }) => triggeredBy === 'node-update');
    expect(evaluations.map(({ jobId }) => jobId).toSorted()).toEqual(['sum', 'web']);
  });

  test('that is lost has what it had placed elsewhere, and stops what it has when it is back', async () => {
    await region.addNode('n1');
    await region.run();
    await region.settle();
    await region.startAll();
    const [lost] = region.live();
    if (lost === undefined) throw new Error('nothing was placed');
    for (let i = 0; i < 8; i += 1) {
      if (i === 1) await region.addNode('n2');
      else if (i > 1) await region.beat('n2');
      await region.settle(5_000);
    }
    expect(region.node('n1')).toMatchObject({ status: 'down' });
    expect(region.allocation(lost.id)).toMatchObject({ desiredStatus: 'stop', clientStatus: 'lost' });
    const [moved] = region.live();
    expect(moved).toMatchObject({ nodeId: 'n2', previousAllocation: lost.id });
    await region.beat('n1');
    expect(region.node('n1')?.status).toBe('ready');
    const signal = new AbortController().signal;
    const { allocs } = await region.assigned.indexes(
      { id: 'n1', secret: NODE_SECRET },
      { minIndex: 0, maxWaitMs: 0, signal },
    );
    expect(Object.keys(allocs)).toEqual([lost.id]);
  });

  test.each([
    ['now', 0, 'disconnected'],
    ['ten seconds ago', 10_000, 'down'],
    ['exactly five seconds ago', 5_000, 'down'],
  ])(
    'row 130: with an allocation that may be away for five seconds and is since %s, missed after %i ms, is %s',
    async (_, agoMs, status) => {
      await region.addNode('n1');
      await region.run({}, { Disconnect: { LostAfter: 5e9 } });
      await region.settle();
      await region.startAll();
      // What becomes of the allocation is not the question.
      region.scheduling.leader.lose();
      const { heartbeatTtlMs } = await region.beat('n1');
      const leftMs = heartbeatTtlMs + 10_000;
      const timeMs = region.clock.now() + leftMs - agoMs;
      const allocStates = [{ field: 'ClientStatus', value: 'unknown', timeMs }];
      await region.state.transact((tx) => {
        for (const each of region.live()) tx.put(ALLOCATIONS, { ...each, clientStatus: 'unknown', allocStates });
      });
      await region.settle(leftMs - 1);
      expect(region.node('n1')?.status).toBe('ready');
      await region.settle(1);
      expect(region.node('n1')?.status).toBe(status);
    },
  );

  test('is disconnected as long as an allocation may come back with it', async () => {
    await region.addNode('n1');
    await region.run({}, { Disconnect: { LostAfter: 60e9, Replace: false } });
    await region.settle();
    await region.startAll();
    const [allocation] = region.live();
    if (allocation === undefined) throw new Error('nothing was placed');
    await region.settle(31_000);
    expect(region.node('n1')?.status).toBe('disconnected');
    expect(region.allocation(allocation.id)?.clientStatus).toBe('unknown');
    await region.beat('n1');
    await region.beat('n1');
    // It has to tell first what has become of what it had.
    expect(region.node('n1')?.status).toBe('initializing');
    await region.report(allocation, 'running');
    await region.beat('n1');
    expect(region.node('n1')?.status).toBe('ready');
    await region.settle();
    expect(region.evaluations().map(({ triggeredBy }) => triggeredBy)).toContain('reconnect');
    expect(region.live().map(({ id }) => id)).toEqual([allocation.id]);
  });

  test('that never comes back is down once that time is over', async () => {
    await region.addNode('n1');
    await region.run({}, { Disconnect: { LostAfter: 20e9 } });
    await region.settle();
    await region.startAll();
    await region.settle(31_000);
    expect(region.node('n1')?.status).toBe('disconnected');
    await region.settle(30_000);
    expect(region.node('n1')?.status).toBe('down');
    expect(region.allocations().map(({ clientStatus }) => clientStatus)).toEqual(['lost']);
  });

  test('row 115: that drains gives up what it has, one at a time, and is done when nothing is left', async () => {
    await region.addNode('n1');
    await region.run({}, { Count: 3 });
    await region.settle();
    await region.startAll();
    await region.addNode('n2');
    await region.availability.setDrain('n1', {
      spec: { deadlineMs: 0, ignoreSystemJobs: false },
      markEligible: false,
      meta: {},
    });
    await region.beat('n2');
    const left: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      await region.settle(2_000);
      left.push(region.live().filter(({ nodeId }) => nodeId === 'n1').length);
      await region.startAll();
    }
    expect(left).toEqual([2, 1, 0]);
    await region.settle();
    expect(region.node('n1')?.drain).toBeUndefined();
    expect(region.node('n1')?.schedulingEligibility).toBe('ineligible');
    expect(region.live().map(({ nodeId }) => nodeId)).toEqual(['n2', 'n2', 'n2']);
    expect(region.live().every(({ previousAllocation }) => previousAllocation !== '')).toBe(true);
  });

  test('that drains keeps batch work until the deadline, and system work until the end', async () => {
    await region.addNode('n1');
    await region.run({ ID: 'sum', Type: 'batch' });
    await region.run({ ID: 'log', Type: 'system' });
    await region.settle();
    await region.startAll('sum');
    await region.startAll('log');
    await region.availability.setDrain('n1', {
      spec: { deadlineMs: 10_000, ignoreSystemJobs: false },
      markEligible: false,
      meta: {},
    });
    await region.settle(9_000);
    expect([region.live('sum').length, region.live('log').length]).toEqual([1, 1]);
    await region.settle(2_000);
    expect([region.live('sum').length, region.live('log').length]).toEqual([0, 0]);
    expect(region.node('n1')?.drain).toBeUndefined();
  });

  test('row 134: that has drained can be made eligible, not before, and gets its system jobs by evaluations that are named', async () => {
    await region.addNode('n1');
    await region.run({ Type: 'system' });
    await region.settle();
    await region.startAll();
    const spec = { deadlineMs: 0, ignoreSystemJobs: false };
    await region.availability.setDrain('n1', { spec, markEligible: false, meta: {} });
    await expect(region.availability.setEligibility('n1', 'eligible')).rejects.toThrow(
      "can not set node's scheduling eligibility to eligible while it is draining",
    );
    await region.settle();
    for (const each of region.allocations()) await region.report(each, 'complete');
    await region.settle();
    expect(region.node('n1')).toMatchObject({
      schedulingEligibility: 'ineligible',
      events: expect.arrayContaining([expect.objectContaining({ message: 'Node drain complete' })]),
    });
    expect(region.live()).toEqual([]);
    const { value: evaluations } = await region.availability.setEligibility('n1', 'eligible');
    expect(evaluations).toMatchObject([{ jobId: 'web', triggeredBy: 'node-update', nodeId: 'n1' }]);
    expect(region.node('n1')?.schedulingEligibility).toBe('eligible');
    await region.settle();
    expect(region.live()).toHaveLength(1);
  });
});

describe('what a node is told', () => {
  const self = { id: 'n1', secret: NODE_SECRET };

  test('comes when there is something new, with the job version of each allocation', async () => {
    await region.keys.rotate();
    await region.addNode('n1');
    const signal = new AbortController().signal;
    const first = await region.assigned.indexes(self, { minIndex: 0, maxWaitMs: 60_000, signal });
    expect(first.allocs).toEqual({});
    const next = region.assigned.indexes(self, { minIndex: Math.max(1, first.index), maxWaitMs: 60_000, signal });
    await region.run({ Meta: { v: 'one' } });
    await region.settle();
    const { index, allocs } = await next;
    const ids = Object.keys(allocs);
    expect(ids).toEqual(region.live().map(({ id }) => id));
    const [assigned] = await region.assigned.allocations(self, { ids: [...ids, 'none'], minIndex: index, signal });
    expect(assigned).toMatchObject({ allocation: { id: ids[0] }, job: { id: 'web', meta: { v: 'one' } } });
  });

  test('stays with it', async () => {
    await region.addNode('n1');
    await region.addNode('n2');
    await region.run();
    await region.settle();
    const [allocation] = region.live();
    const other = { id: allocation?.nodeId === 'n1' ? 'n2' : 'n1', secret: NODE_SECRET };
    const query = { ids: [allocation?.id ?? ''], minIndex: 0, signal: new AbortController().signal };
    expect(await region.assigned.allocations(other, query)).toEqual([]);
  });
});

describe('reports', () => {
  test('row 132, 133: of the same moment are one write, and one evaluation for each job', async () => {
    await region.addNode('n1');
    await region.run({}, { Count: 3 });
    await region.settle();
    const before = region.state.index;
    const told = region.live().map(({ id }) => ({
      id,
      clientStatus: 'failed' as const,
      clientDescription: '',
      taskStates: {},
    }));
    region.scheduling.leader.lose();
    // The first one twice, and the last one just before the moment is over.
    const reported: Promise<void>[] = [];
    for (const each of [told[0] as AllocReport, ...told]) {
      reported.push(region.reports.report({ id: 'n1', secret: NODE_SECRET }, [each]));
      await region.clock.advance(12);
    }
    expect(region.state.index).toBe(before);
    await region.clock.advance(2);
    await Promise.all(reported);
    expect(region.state.index).toBe(before + 1);
    const failures = region.evaluations().filter(({ triggeredBy }) => triggeredBy === 'alloc-failure');
    expect(failures).toHaveLength(1);
  });

  test.each(['down', 'disconnected'] as const)(
    'row 131: of a node that is %s are refused, with its status',
    async (status) => {
      await region.addNode('n1');
      await region.run();
      await region.settle();
      await region.state.transact((tx) => tx.put(NODES, { ...(tx.get(NODES, 'n1') as Node), status }));
      const [allocation] = region.live() as [Allocation];
      const before = region.allocation(allocation.id);
      const told = { id: allocation.id, clientStatus: 'running' as const, clientDescription: '', taskStates: {} };
      expect(() => region.reports.report({ id: 'n1', secret: NODE_SECRET }, [told])).toThrow(
        `node n1 is not allowed to update allocs while in status ${status}`,
      );
      await region.clock.advance(50);
      expect(region.allocation(allocation.id)).toEqual(before);
    },
  );

  test.each([
    ['nobody', { id: '', secret: NODE_SECRET }, 'missing node ID'],
    ['an unknown node', { id: 'x', secret: NODE_SECRET }, 'node x not found'],
  ])('of %s are refused', (_, node, message) => {
    const told = { id: 'a', clientStatus: 'running' as const, clientDescription: '', taskStates: {} };
    expect(() => region.reports.report(node, [told])).toThrow(message);
  });
});
