import { describe, expect, test } from '@jest/globals';
import type { Allocation } from '@steppe/domain';
import { groupOf, jobOf } from '../testing/job-of.js';
import { SchedulerHarness } from '../testing/scheduler-harness.js';

const systemJob = (group: object = {}, job: object = {}, task: object = {}) =>
  jobOf({ Type: 'system', ...job, TaskGroups: [groupOf(group, task)] });
const nodesOf = (allocations: readonly Allocation[]) => allocations.map(({ nodeId }) => nodeId).toSorted();
const LARGE = { Resources: { CPU: 3_000, MemoryMB: 256 } };

async function running(job = systemJob(), nodes = 3) {
  const harness = new SchedulerHarness({ nodes });
  harness.job(job);
  await harness.process({ type: job.type });
  harness.report(harness.allocations(), { clientStatus: 'running' });
  return harness;
}

describe('SystemScheduler', () => {
  test('every node gets what the job asks for', async () => {
    const harness = await running(systemJob({ Count: 2 }));
    expect(nodesOf(harness.live())).toEqual(['node-0', 'node-0', 'node-1', 'node-1', 'node-2', 'node-2']);
    expect(new Set(harness.live().map(({ name }) => name))).toEqual(new Set(['web.front[0]', 'web.front[1]']));
  });

  test('row 118: a node that will not do is no failure', async () => {
    const harness = new SchedulerHarness({ nodes: 2 });
    harness.node('bare', { drivers: {}, computedClass: 'v1:bare' });
    harness.job(systemJob());
    const done = await harness.process({ type: 'system' });
    expect(nodesOf(harness.live())).toEqual(['node-0', 'node-1']);
    expect(done).toMatchObject({
      status: 'complete',
      failedTgAllocs: {},
      queuedAllocations: { front: 0 },
      blockedEval: '',
    });
  });

  test('row 119: that none will do is one', async () => {
    const harness = new SchedulerHarness();
    for (const id of ['a', 'b']) harness.node(id, { drivers: {} });
    harness.job(systemJob());
    const done = await harness.process({ type: 'system' });
    expect(done).toMatchObject({
      status: 'complete',
      queuedAllocations: { front: 0 },
      failedTgAllocs: { front: { nodesEvaluated: 2, nodesFiltered: 2 } },
    });
  });

  test('row 120: a node that comes gets its allocation, and the others keep theirs', async () => {
    const harness = await running();
    const before = new Set(harness.live().map(({ id }) => id));
    harness.node('new');
    await harness.process({ type: 'system', triggeredBy: 'node-update', nodeId: 'new' });
    expect(harness.live().filter(({ id }) => !before.has(id))).toMatchObject([{ nodeId: 'new' }]);
    expect(harness.live()).toHaveLength(4);
  });

  test('row 121: what is on a node that is down is lost, and not replaced elsewhere', async () => {
    const harness = await running();
    harness.node('node-1', { status: 'down' });
    await harness.process({ type: 'system', triggeredBy: 'node-update' });
    expect(nodesOf(harness.live())).toEqual(['node-0', 'node-2']);
    expect(harness.allocations().find(({ nodeId }) => nodeId === 'node-1')).toMatchObject({
      clientStatus: 'lost',
      desiredStatus: 'stop',
    });
    harness.node('node-1', { status: 'ready' });
    await harness.process({ type: 'system', triggeredBy: 'node-update' });
    expect(nodesOf(harness.live())).toEqual(['node-0', 'node-1', 'node-2']);
  });

  test('row 122: what a sysbatch job has done it does not do again, until it changes or somebody insists', async () => {
    const harness = await running(systemJob({}, { Type: 'sysbatch' }), 2);
    harness.end(harness.live(), 'complete');
    const nodeEval = { type: 'sysbatch', triggeredBy: 'node-update' as const };
    await harness.process(nodeEval);
    expect(harness.live()).toEqual([]);
    harness.node('new');
    await harness.process(nodeEval);
    expect(nodesOf(harness.live())).toEqual(['new']);
    const [first] = harness.allocations().filter(({ nodeId }) => nodeId === 'node-0') as [Allocation];
    harness.report([first], {
      desiredTransition: { migrate: false, reschedule: false, forceReschedule: true, noShutdownDelay: false },
    });
    await harness.process(nodeEval);
    expect(nodesOf(harness.live())).toEqual(['new', 'node-0']);
    harness.end(harness.live(), 'failed');
    harness.job(systemJob({}, { Type: 'sysbatch', Meta: { run: '2' } }));
    await harness.process({ type: 'sysbatch' });
    expect(harness.live()).toHaveLength(3);
  });

  test('each node that is too full gets an evaluation that waits for it', async () => {
    const harness = new SchedulerHarness({ nodes: 1 });
    for (const id of ['full-1', 'full-2']) {
      harness.node(id, { reserved: { cpuShares: 3_500, memoryMb: 0, diskMb: 0, ports: '' } });
    }
    harness.job(systemJob({}, {}, LARGE));
    const done = await harness.process({ type: 'system' });
    expect(harness.created).toMatchObject([
      { status: 'blocked', nodeId: 'full-1', type: 'system' },
      { status: 'blocked', nodeId: 'full-2', type: 'system' },
    ]);
    expect(done).toMatchObject({
      status: 'complete',
      blockedEval: harness.created[0]?.id,
      queuedAllocations: { front: 2 },
      failedTgAllocs: { front: { dimensionExhausted: { cpu: 1 }, coalescedFailures: 1 } },
    });
    const [first] = harness.created;
    harness.created.length = 0;
    await harness.process({ ...first });
    expect(harness.reblocked).toMatchObject([{ id: first?.id, nodeId: 'full-1' }]);
    expect(harness.created).toMatchObject([{ nodeId: 'full-2' }]);
    harness.node('full-1', { reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' } });
    expect(await harness.process({ ...first })).toMatchObject({ status: 'complete' });
    expect(nodesOf(harness.live())).toEqual(['full-1', 'node-0']);
  });

  test('a node that is closed keeps what it has, also an old version, and gets nothing new', async () => {
    const harness = await running(systemJob(), 2);
    harness.node('node-0', { schedulingEligibility: 'ineligible' });
    harness.node('closed', { schedulingEligibility: 'ineligible' });
    harness.job(systemJob({ Update: { MaxParallel: 0 } }, {}, { User: 'other' }));
    await harness.process({ type: 'system' });
    expect(
      harness
        .live()
        .map(({ nodeId, jobVersion }) => `${nodeId} ${jobVersion}`)
        .toSorted(),
    ).toEqual(['node-0 0', 'node-1 1']);
  });

  test('a node that is no longer one of the job, and one that drains, lose it', async () => {
    const harness = await running();
    harness.node('node-0', { datacenter: 'dc2' });
    harness.job(systemJob({}, { Datacenters: ['dc1'] }));
    const draining = harness.live().filter(({ nodeId }) => nodeId === 'node-1');
    harness.node('node-1', { drain: { deadlineMs: 0, ignoreSystemJobs: false, startedAtMs: 0 } });
    harness.report(draining, {
      desiredTransition: { migrate: true, reschedule: false, forceReschedule: false, noShutdownDelay: false },
    });
    await harness.process({ type: 'system', triggeredBy: 'node-drain' });
    expect(nodesOf(harness.live())).toEqual(['node-2']);
    expect(
      Object.fromEntries(harness.allocations().map(({ nodeId, desiredDescription }) => [nodeId, desiredDescription])),
    ).toMatchObject({
      'node-0': 'alloc not needed due to job update',
      'node-1': 'alloc not needed as node is tainted',
    });
  });

  test('an update replaces so many nodes at once, and changes in place what it can', async () => {
    const harness = await running(systemJob({ Update: { MaxParallel: 2 } }));
    harness.job(systemJob({ Update: { MaxParallel: 2 } }, {}, { User: 'other' }));
    await harness.process({ type: 'system' });
    const versions = () =>
      harness
        .live()
        .map(({ jobVersion }) => jobVersion)
        .toSorted((a, b) => a - b);
    expect(versions()).toEqual([0, 1, 1]);
    await harness.process({ ...harness.created[0] });
    expect(versions()).toEqual([1, 1, 1]);
    const ids = harness.live().map(({ id }) => id);
    harness.job(systemJob({ Update: { MaxParallel: 1 } }, { Priority: 60 }, { User: 'other' }));
    await harness.process({ type: 'system' });
    expect(versions()).toEqual([2, 2, 2]);
    expect(harness.live().map(({ id }) => id)).toEqual(ids);
  });

  test('what is replaced where there is no room for the new version stays', async () => {
    const harness = await running(systemJob(), 1);
    harness.job(systemJob({}, {}, { Resources: { CPU: 9_000, MemoryMB: 10 } }));
    await harness.process({ type: 'system' });
    expect(harness.live()).toMatchObject([{ jobVersion: 0 }]);
    expect(harness.created).toMatchObject([{ status: 'blocked', nodeId: 'node-0' }]);
  });

  test('of a job that is stopped or purged everything stops, whatever scheduler is asked', async () => {
    for (const type of ['system', 'service']) {
      const harness = await running();
      harness.job({ ...systemJob(), stop: true });
      await harness.process({ type, triggeredBy: 'job-deregister' });
      expect(harness.live()).toEqual([]);
    }
  });

  test('what the other schedulers run is left alone', async () => {
    const harness = await running(systemJob(), 2);
    const plans = harness.plans.length;
    expect(await harness.process({ type: 'service', triggeredBy: 'job-deregister' })).toMatchObject({
      status: 'complete',
    });
    expect(harness.plans).toHaveLength(plans);
  });

  test('plans that come to nothing fail the evaluation without leaving another one', async () => {
    const harness = new SchedulerHarness({ nodes: 1 });
    harness.job(systemJob({}, { Type: 'sysbatch' }));
    harness.answer = () => ({ nodeUpdate: {}, nodeAllocation: {}, rejectedNodes: [], refreshIndex: 0, allocIndex: 0 });
    expect(await harness.process({ type: 'sysbatch' })).toMatchObject({
      status: 'failed',
      statusDescription: 'maximum attempts reached (2)',
    });
    expect(harness.plans).toHaveLength(2);
    expect(harness.created).toEqual([]);
  });

  test.each([
    ['system', 'periodic-job', 'failed'],
    ['system', 'alloc-failure', 'failed'],
    ['sysbatch', 'periodic-job', 'complete'],
    ['system', 'queued-allocs', 'complete'],
  ] as const)('a %s evaluation because of %s ends as %s', async (type, triggeredBy, status) => {
    const harness = new SchedulerHarness();
    harness.job(systemJob({}, { Type: type }));
    expect(await harness.process({ type, triggeredBy })).toMatchObject({ status });
  });

  test('while a disconnected node may come back, what is on it is unknown', async () => {
    const harness = await running(systemJob({ Disconnect: { LostAfter: 60_000_000_000 } }), 1);
    harness.node('node-0', { status: 'disconnected' });
    await harness.process({ type: 'system', triggeredBy: 'node-update' });
    expect(harness.allocations()).toMatchObject([{ clientStatus: 'unknown', desiredStatus: 'run' }]);
    await harness.clock.advance(60_000);
    await harness.process({ ...harness.created[0] });
    expect(harness.allocations()).toMatchObject([{ clientStatus: 'lost', desiredStatus: 'stop' }]);
  });
});
