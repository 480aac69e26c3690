import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SCHEDULER_CONFIGURATION } from '@steppe/state';
import { DEFAULT_SCHEDULER_CONFIGURATION } from '@steppe/domain';
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
  test('row 128: that is lost has what it had placed elsewhere, and stops what it has when it is back', async () => {
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
    // Row 131.
    const told = { id: lost.id, clientStatus: 'running' as const, clientDescription: '', taskStates: {} };
    expect(() => region.reports.report({ id: 'n1', secret: NODE_SECRET }, [told])).toThrow(
      'node n1 is not allowed to update allocs while in status down',
    );
    await region.beat('n1');
    expect(region.node('n1')?.status).toBe('ready');
    const signal = new AbortController().signal;
    const { allocs } = await region.assigned.indexes(
      { id: 'n1', secret: NODE_SECRET },
      { minIndex: 0, maxWaitMs: 0, signal },
    );
    expect(Object.keys(allocs)).toEqual([lost.id]);
  });

  test('row 130: is disconnected as long as an allocation may come back with it', async () => {
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

  test('row 134: that becomes eligible gets its system jobs, by evaluations that are named', async () => {
    await region.addNode('n1');
    await region.availability.setEligibility('n1', 'ineligible');
    await region.run({ Type: 'system' });
    await region.settle();
    expect(region.live()).toEqual([]);
    const { value: evaluations } = await region.availability.setEligibility('n1', 'eligible');
    expect(evaluations).toMatchObject([{ jobId: 'web', triggeredBy: 'node-update', nodeId: 'n1' }]);
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
  test('row 132 and 133: of the same moment are one write, and one evaluation for each job', async () => {
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
    const reported = told.map((each) => region.reports.report({ id: 'n1', secret: NODE_SECRET }, [each]));
    await region.clock.advance(50);
    await Promise.all(reported);
    expect(region.state.index).toBe(before + 1);
    const failures = region.evaluations().filter(({ triggeredBy }) => triggeredBy === 'alloc-failure');
    expect(failures).toHaveLength(1);
  });

  test.each([
    ['nobody', { id: '', secret: NODE_SECRET }, 'missing node ID'],
    ['an unknown node', { id: 'x', secret: NODE_SECRET }, 'node x not found'],
  ])('of %s are refused', (_, node, message) => {
    const told = { id: 'a', clientStatus: 'running' as const, clientDescription: '', taskStates: {} };
    expect(() => region.reports.report(node, [told])).toThrow(message);
  });
});
