import { describe, expect, test } from '@jest/globals';
import type { Allocation, Job } from '@steppe/domain';
import { groupOf, jobOf } from '../testing/job-of.js';
import { SchedulerHarness } from '../testing/scheduler-harness.js';

const NO_RESULT = { nodeUpdate: {}, nodeAllocation: {}, rejectedNodes: [], refreshIndex: 1, allocIndex: 0 };
const names = (allocations: readonly Allocation[]): readonly string[] => allocations.map(({ name }) => name);
const withCount = (Count: number, group: object = {}, job: object = {}, task: object = {}) =>
  jobOf({ ...job, TaskGroups: [groupOf({ Count, ...group }, task)] });

/** A harness with a job that has been placed and runs. */
async function running(job = withCount(2), nodes = 3) {
  const harness = new SchedulerHarness({ nodes });
  harness.job(job);
  await harness.process({ type: job.type });
  harness.report(harness.allocations(), { clientStatus: 'running' });
  return harness;
}

describe('placing', () => {
  test('row 93: ten allocations go to ten equal nodes, named from [0] to [9]', async () => {
    const harness = new SchedulerHarness({ nodes: 10 });
    harness.job(withCount(10));
    const done = await harness.process();
    expect(done).toMatchObject({ status: 'complete', blockedEval: '', queuedAllocations: { front: 0 } });
    expect(names(harness.live())).toEqual(Array.from({ length: 10 }, (_, i) => `web.front[${i}]`));
    expect(harness.live()[0]).toMatchObject({
      desiredStatus: 'run',
      clientStatus: 'pending',
      jobVersion: 0,
      allocatedResources: { tasks: { main: { cpu: { cpuShares: 500 }, memory: { memoryMb: 256 } } } },
    });
    expect(harness.created).toEqual([]);
  });

  test('row 94: without nodes there is no plan, but an evaluation that waits and a word on why', async () => {
    const harness = new SchedulerHarness();
    harness.job(withCount(3));
    const done = await harness.process();
    expect(harness.plans).toEqual([]);
    expect(done).toMatchObject({
      status: 'complete',
      queuedAllocations: { front: 3 },
      failedTgAllocs: { front: { nodesEvaluated: 0, coalescedFailures: 2 } },
      blockedEval: harness.created[0]?.id,
    });
    expect(harness.created).toMatchObject([
      {
        status: 'blocked',
        triggeredBy: 'queued-allocs',
        statusDescription: 'created to place remaining allocations',
        previousEval: done.id,
      },
    ]);
  });

  test('row 95: what can be placed is, and the rest waits with what was learnt about classes', async () => {
    const harness = new SchedulerHarness({ nodes: 2 });
    harness.job(jobOf({ TaskGroups: [groupOf(), { ...groupOf({ Name: 'gpu' }, { Driver: 'cuda' }) }] }));
    const done = await harness.process();
    expect(names(harness.live())).toEqual(['web.front[0]']);
    expect(done).toMatchObject({ status: 'complete', queuedAllocations: { front: 0, gpu: 1 } });
    expect(done.failedTgAllocs['gpu']).toMatchObject({
      nodesFiltered: 2,
      constraintFiltered: { 'missing drivers': 1, 'computed class ineligible': 1 },
    });
    expect(done.blockedEval).toBe(harness.created[0]?.id);
    // Of this class, one group at least has found a node.
    expect(harness.created[0]?.classEligibility).toEqual({ 'v1:linux': true });
  });

  test('row 103: what does not fit is counted', async () => {
    const harness = new SchedulerHarness({ nodes: 1 });
    harness.job(withCount(3, {}, {}, { Resources: { CPU: 3_000, MemoryMB: 256 } }));
    const done = await harness.process();
    expect(harness.live()).toHaveLength(1);
    expect(done).toMatchObject({ status: 'complete', queuedAllocations: { front: 2 } });
    expect(done.failedTgAllocs['front']).toMatchObject({ nodesExhausted: 1, dimensionExhausted: { cpu: 1 } });
    expect(harness.created).toMatchObject([{ status: 'blocked' }]);
  });

  test('row 117: distinct_hosts keeps allocations apart, and the fourth waits for a fourth node', async () => {
    const harness = new SchedulerHarness({ nodes: 3 });
    harness.job(withCount(4, { Constraints: [{ Operand: 'distinct_hosts', RTarget: 'true' }] }));
    const done = await harness.process();
    expect(new Set(harness.live().map(({ nodeId }) => nodeId)).size).toBe(3);
    expect(done.queuedAllocations).toEqual({ front: 1 });
    expect(done.failedTgAllocs['front']?.constraintFiltered).toEqual({ distinct_hosts: 3 });
    expect(harness.created).toMatchObject([{ status: 'blocked', triggeredBy: 'queued-allocs' }]);
  });

  test('distinct_property lets as many as allowed share a value', async () => {
    const harness = new SchedulerHarness();
    for (const [id, rack] of [
      ['a', '1'],
      ['b', '1'],
      ['c', '2'],
    ] as const) {
      harness.node(id, { meta: { rack } });
    }
    harness.node('d');
    harness.job(withCount(4, { Constraints: [{ Operand: 'distinct_property', LTarget: '${meta.rack}' }] }));
    const done = await harness.process();
    expect(harness.live()).toHaveLength(2);
    expect(done.failedTgAllocs['front']?.constraintFiltered).toMatchObject({
      'distinct_property: ${meta.rack}=1 used by 1 allocs': expect.any(Number),
      'missing property ${meta.rack}': 1,
    });
  });

  test('row 123: other pools and datacenters are out of the question, and a star stands for any text', async () => {
    const harness = new SchedulerHarness();
    harness.node('pool', { nodePool: 'gpu' });
    harness.node('place', { datacenter: 'eu1' });
    harness.node('good', { datacenter: 'dc7' });
    harness.job(withCount(20, {}, { Datacenters: ['dc*'] }));
    const done = await harness.process();
    expect(new Set(harness.live().map(({ nodeId }) => nodeId))).toEqual(new Set(['good']));
    expect(done.failedTgAllocs['front']).toMatchObject({ nodesInPool: 2, nodesAvailable: { dc7: 1 } });
  });

  test('nodes that drain or are closed get nothing', async () => {
    const harness = new SchedulerHarness();
    harness.node('closed', { schedulingEligibility: 'ineligible' });
    harness.node('draining', { drain: { deadlineMs: 0, ignoreSystemJobs: false, startedAtMs: 0 } });
    harness.node('starting', { status: 'initializing' });
    harness.job(withCount(1));
    await harness.process();
    expect(harness.live()).toEqual([]);
  });
});

describe('attempts', () => {
  test.each([
    ['service', 5],
    ['batch', 2],
  ])(
    'row 102: a %s evaluation whose plans come to nothing fails after %i tries and leaves another one',
    async (type, n) => {
      const harness = new SchedulerHarness({ nodes: 1 });
      harness.job(withCount(1, {}, { Type: type }));
      harness.answer = () => NO_RESULT;
      const done = await harness.process({ type });
      expect(harness.plans).toHaveLength(n);
      expect(done).toMatchObject({ status: 'failed', statusDescription: `maximum attempts reached (${n})` });
      expect(harness.created).toMatchObject([
        {
          status: 'blocked',
          triggeredBy: 'max-plan-attempts',
          statusDescription: 'created due to placement conflicts',
        },
      ]);
    },
  );

  test('an attempt that gets somewhere gives the next ones another chance', async () => {
    const harness = new SchedulerHarness({ nodes: 1 });
    harness.job(withCount(1));
    let left = 4;
    harness.answer = () => {
      left -= 1;
      return left === 0 ? { ...NO_RESULT, allocIndex: 5 } : NO_RESULT;
    };
    await harness.process();
    expect(harness.plans).toHaveLength(4 + 5);
  });

  test('a plan that was carried out in part without a newer state is an error', async () => {
    const harness = new SchedulerHarness({ nodes: 1 });
    harness.job(withCount(1));
    harness.answer = () => ({ ...NO_RESULT, refreshIndex: 0 });
    await expect(harness.process()).rejects.toThrow('missing state refresh after partial commit');
  });

  test('row 105: a trigger it does not know fails the evaluation', async () => {
    const harness = new SchedulerHarness();
    expect(await harness.process({ triggeredBy: 'scheduled' })).toMatchObject({
      status: 'failed',
      statusDescription: "scheduler cannot handle 'scheduled' evaluation reason",
    });
  });

  test('row 104: a blocked evaluation stays the same one while there is no room, and is complete once there is', async () => {
    const harness = new SchedulerHarness();
    harness.job(withCount(2));
    const blocked = { id: 'b', status: 'blocked' as const, triggeredBy: 'queued-allocs' as const };
    await harness.process(blocked);
    expect(harness.reblocked).toMatchObject([{ id: 'b', status: 'blocked', queuedAllocations: { front: 2 } }]);
    expect(harness.created).toEqual([]);
    harness.node('new');
    expect(await harness.process(blocked)).toMatchObject({ status: 'complete', queuedAllocations: { front: 0 } });
    expect(harness.live()).toHaveLength(2);
  });
});

describe('changing', () => {
  test('row 106: what is too much goes, from the highest index down', async () => {
    const harness = await running(withCount(4));
    harness.job(withCount(2));
    await harness.process();
    expect(names(harness.live())).toEqual(['web.front[0]', 'web.front[1]']);
    expect(harness.allocations()[3]).toMatchObject({
      desiredStatus: 'stop',
      desiredDescription: 'alloc not needed due to job update',
    });
  });

  test('gaps are filled from the lowest index up', async () => {
    const harness = await running(withCount(3));
    harness.end(harness.allocations().slice(0, 1), 'complete');
    await harness.process();
    expect(names(harness.live())).toEqual(['web.front[0]', 'web.front[1]', 'web.front[2]']);
  });

  /** As jobs are kept that say nothing of updates. */
  const withoutUpdate = (job: Job): Job => ({
    ...job,
    taskGroups: job.taskGroups.map((group) => ({ ...group, update: undefined })),
  });
  test.each([
    ['', withoutUpdate],
    [', which is what 0 means', (job: Job) => job],
  ])('row 107: other settings of the driver replace all, where there is no limit%s', async (_, stored) => {
    const harness = await running(stored(withCount(3, { Update: { MaxParallel: 0 } })));
    const before = harness.live();
    harness.job(stored(withCount(3, { Update: { MaxParallel: 0 } }, {}, { Config: { command: 'other' } })));
    await harness.process();
    const after = harness.live();
    expect(after.map(({ previousAllocation }) => previousAllocation).toSorted()).toEqual(
      before.map(({ id }) => id).toSorted(),
    );
    expect(names(after)).toEqual(names(before));
    expect(
      harness.allocations().filter(({ desiredDescription }) => /being updated/.test(desiredDescription)),
    ).toHaveLength(3);
    expect(after.every(({ jobVersion }) => jobVersion === 1)).toBe(true);
  });

  test('with a limit, so many are replaced at once, and a follow-up does the next when those run', async () => {
    const harness = await running(withCount(3));
    harness.job(withCount(3, {}, {}, { User: 'other' }));
    const versions = () =>
      harness
        .live()
        .map(({ jobVersion }) => jobVersion)
        .toSorted((a, b) => a - b);
    await harness.process();
    expect(versions()).toEqual([0, 0, 1]);
    const [next] = harness.created;
    expect(next).toMatchObject({ triggeredBy: 'rolling-update', waitUntilMs: harness.clock.now() + 30_000 });
    await harness.process({ ...next });
    expect(versions()).toEqual([0, 0, 1]);
    harness.report(harness.live(), { clientStatus: 'running' });
    await harness.process({ ...harness.created[1] });
    expect(versions()).toEqual([0, 1, 1]);
  });

  // Services are not taken; what a group says of restarts is no more to its tasks than they would be.
  test('row 108: what tasks are not started with changes in place', async () => {
    const harness = await running();
    const before = harness.live();
    harness.job(withCount(2, { Update: { MaxParallel: 5 }, RestartPolicy: { Attempts: 0, Mode: 'fail' } }));
    await harness.process();
    const after = harness.live();
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    for (const [i, allocation] of after.entries()) {
      expect(allocation).toMatchObject({ jobVersion: 1, clientStatus: 'running' });
      expect(allocation.allocModifyIndex).toBeGreaterThan(before[i]?.allocModifyIndex ?? 0);
    }
  });

  test('what is given another identity is replaced', async () => {
    const harness = await running();
    const before = harness.live();
    const Identities = [{ Name: 'vault', TTL: 60e9 }];
    harness.job(withCount(2, { Update: { MaxParallel: 5 } }, {}, { Identities }));
    await harness.process();
    expect(harness.live().some(({ id }) => before.some((each) => each.id === id))).toBe(false);
  });

  test('what changes in place is replaced where its node is no longer one of the job', async () => {
    const harness = await running(withCount(1), 1);
    harness.node('elsewhere', { datacenter: 'dc2' });
    harness.job(withCount(1, {}, { Datacenters: ['dc2'] }));
    await harness.process();
    expect(harness.live()).toMatchObject([{ nodeId: 'elsewhere' }]);
  });

  test('what would be replaced stays while there is no room for the new one', async () => {
    const harness = await running(withCount(1), 1);
    harness.job(withCount(1, {}, {}, { Resources: { CPU: 9_000, MemoryMB: 10 } }));
    const done = await harness.process();
    expect(harness.live()).toMatchObject([{ jobVersion: 0, desiredStatus: 'run' }]);
    expect(done).toMatchObject({ status: 'complete', queuedAllocations: { front: 1 } });
    expect(harness.created).toMatchObject([{ status: 'blocked' }]);
  });

  test('row 109: of a job that is stopped or purged, everything stops', async () => {
    for (const end of ['stop', 'purge']) {
      const harness = await running();
      if (end === 'stop') harness.job({ ...withCount(2), stop: true });
      else harness.region.purgeJob('default', 'web');
      const done = await harness.process({ triggeredBy: 'job-deregister' });
      expect(harness.live()).toEqual([]);
      expect(done).toMatchObject({ status: 'complete', blockedEval: '' });
    }
  });

  test('a group that is gone takes its allocations with it', async () => {
    const harness = await running(jobOf({ TaskGroups: [groupOf(), { ...groupOf(), Name: 'back' }] }));
    harness.job(withCount(1));
    await harness.process();
    expect(names(harness.live())).toEqual(['web.front[0]']);
  });

  test('nothing to do makes no plan', async () => {
    const harness = await running();
    const plans = harness.plans.length;
    expect(await harness.process({ triggeredBy: 'node-update' })).toMatchObject({ status: 'complete' });
    expect(harness.plans).toHaveLength(plans);
  });
});

describe('nodes that go', () => {
  const onDownNode = async (allocation: Partial<Allocation>) => {
    const harness = await running(withCount(1), 1);
    harness.report(harness.allocations(), allocation);
    if (allocation.clientStatus === 'failed') harness.end(harness.allocations(), 'failed');
    harness.node('node-0', { status: 'down' });
    const before = harness.plans.length;
    const done = await harness.process({ triggeredBy: 'node-update' });
    expect(done.status).toBe('complete');
    return { harness, plans: harness.plans.slice(before) };
  };

  test('row 110: what ran there is lost and, with no other node, waits', async () => {
    const { harness } = await onDownNode({ clientStatus: 'running' });
    expect(harness.allocations()).toMatchObject([
      {
        desiredStatus: 'stop',
        clientStatus: 'lost',
        desiredDescription: 'alloc is lost since its node is down',
      },
    ]);
    expect(harness.created).toMatchObject([{ status: 'blocked' }]);
  });

  test('row 110: what was told to stop and still ran is lost', async () => {
    const { harness } = await onDownNode({ desiredStatus: 'stop', clientStatus: 'running' });
    expect(harness.allocations()).toMatchObject([{ desiredStatus: 'stop', clientStatus: 'lost' }]);
  });

  test('row 110: what had ended by itself asks for no plan', async () => {
    const { plans } = await onDownNode({ clientStatus: 'complete' });
    expect(plans).toEqual([]);
  });

  test('row 110: what had failed is marked to be replaced, although its node is down', async () => {
    const { harness } = await onDownNode({ clientStatus: 'failed' });
    expect(harness.created).toMatchObject([{ triggeredBy: 'alloc-reschedule' }]);
    expect(harness.allocations()).toMatchObject([{ followupEvalId: harness.created[0]?.id, desiredStatus: 'run' }]);
  });

  test('what is lost is replaced elsewhere, under the same name', async () => {
    const harness = await running(withCount(1), 2);
    const [lost] = harness.live();
    harness.node(lost?.nodeId ?? '', { status: 'down' });
    await harness.process({ triggeredBy: 'node-update' });
    expect(harness.live()).toMatchObject([{ name: 'web.front[0]', previousAllocation: lost?.id }]);
    expect(harness.allocations().find(({ id }) => id === lost?.id)?.nextAllocation).toBe(harness.live()[0]?.id);
  });

  test('row 115: what is to leave a draining node stops and starts elsewhere', async () => {
    const harness = await running(withCount(2), 3);
    const [first] = harness.live();
    harness.node(first?.nodeId ?? '', { drain: { deadlineMs: 0, ignoreSystemJobs: false, startedAtMs: 0 } });
    await harness.process({ triggeredBy: 'node-drain' });
    expect(harness.live().some(({ id }) => id === first?.id)).toBe(true);
    harness.report([first as Allocation], {
      desiredTransition: { migrate: true, reschedule: false, forceReschedule: false, noShutdownDelay: false },
    });
    await harness.process({ triggeredBy: 'node-drain' });
    const replacement = harness.live().find(({ previousAllocation }) => previousAllocation === first?.id);
    expect(replacement?.nodeId).not.toBe(first?.nodeId);
    expect(harness.allocations().find(({ id }) => id === first?.id)).toMatchObject({
      desiredStatus: 'stop',
      desiredDescription: 'alloc is being migrated',
      clientStatus: 'running',
    });
  });

  const DISCONNECT = { Disconnect: { LostAfter: 60_000_000_000 } };
  const disconnected = async (group: object, keep?: (harness: SchedulerHarness) => void) => {
    const harness = await running(withCount(1, group), 2);
    keep?.(harness);
    const [first] = harness.live() as [Allocation];
    harness.node(first.nodeId, { status: 'disconnected' });
    await harness.process({ triggeredBy: 'node-update' });
    return { harness, first };
  };

  test('a node that may come back leaves its allocations unknown, with others in their places', async () => {
    const { harness, first } = await disconnected(DISCONNECT);
    expect(harness.allocations().find(({ id }) => id === first.id)).toMatchObject({
      clientStatus: 'unknown',
      desiredStatus: 'run',
      desiredDescription: 'alloc is unknown since its node is disconnected',
      allocStates: [{ field: 'ClientStatus', value: 'unknown', timeMs: harness.clock.now() }],
      followupEvalId: harness.created[0]?.id,
    });
    expect(harness.created).toMatchObject([
      {
        triggeredBy: 'max-disconnect-timeout',
        statusDescription: 'created for delayed disconnect timeout',
        waitUntilMs: harness.clock.now() + 60_000,
      },
    ]);
    expect(harness.live().filter(({ clientStatus }) => clientStatus === 'pending')).toHaveLength(1);
    const plans = harness.plans.length;
    await harness.process({ triggeredBy: 'node-update' });
    expect(harness.plans).toHaveLength(plans);
  });

  test('when it does not come back in time they are lost', async () => {
    const { harness, first } = await disconnected(DISCONNECT);
    await harness.clock.advance(60_000);
    await harness.process({ ...harness.created[0] });
    expect(harness.allocations().find(({ id }) => id === first.id)).toMatchObject({ clientStatus: 'lost' });
    expect(harness.live()).toHaveLength(1);
  });

  test('without such a time they are lost at once', async () => {
    const { harness, first } = await disconnected({});
    expect(harness.allocations().find(({ id }) => id === first.id)).toMatchObject({ clientStatus: 'lost' });
  });

  test('those that want no replacement are waited for, also when their node is down', async () => {
    const { harness, first } = await disconnected({ Disconnect: { Replace: false } });
    harness.node(first.nodeId, { status: 'down' });
    await harness.process({ triggeredBy: 'node-update' });
    expect(harness.live()).toMatchObject([{ id: first.id, clientStatus: 'unknown' }]);
  });

  test.each([
    ['keep_original', 0],
    ['keep_replacement', 1],
  ])('when it comes back one of the two stays: %s', async (Reconcile, stays) => {
    const { harness, first } = await disconnected({ Disconnect: { LostAfter: 60_000_000_000, Reconcile } });
    harness.node(first.nodeId, { status: 'ready' });
    const both = harness.live().toSorted((a, b) => a.createIndex - b.createIndex);
    harness.report(both, { clientStatus: 'running' });
    await harness.process({ triggeredBy: 'reconnect' });
    expect(harness.live()).toMatchObject([{ id: both[stays]?.id }]);
    expect(harness.allocations().find(({ id }) => id === both[1 - stays]?.id)).toMatchObject({
      desiredStatus: 'stop',
      desiredDescription: 'alloc not needed due to disconnected client reconnect',
    });
  });
});

describe('failures', () => {
  const POLICY = { Attempts: 1, Interval: 3_600_000_000_000, Delay: 5_000_000_000, DelayFunction: 'constant' };

  test('row 111: a failed allocation is replaced as often as its policy says', async () => {
    const harness = await running(withCount(1, { ReschedulePolicy: POLICY }));
    const [first] = harness.live() as [Allocation];
    harness.end(harness.live(), 'failed', 10_000);
    await harness.process({ triggeredBy: 'alloc-failure' });
    const [second] = harness.live() as [Allocation];
    expect(second).toMatchObject({
      name: first.name,
      previousAllocation: first.id,
      rescheduleTracker: {
        events: [{ previousAllocId: first.id, previousNodeId: first.nodeId, delayMs: 5_000 }],
        lastReschedule: 'ok',
      },
    });
    expect(second.nodeId).not.toBe(first.nodeId);
    expect(harness.allocations()[0]).toMatchObject({
      desiredStatus: 'stop',
      desiredDescription: 'alloc was rescheduled because it failed',
      clientStatus: 'failed',
    });
    harness.end(harness.live(), 'failed', 10_000);
    await harness.process({ triggeredBy: 'alloc-failure' });
    expect(harness.live()).toEqual([]);
    expect(harness.created).toEqual([]);
  });

  test('row 112: it is replaced later by the evaluation it names', async () => {
    const harness = await running(withCount(2, { ReschedulePolicy: { ...POLICY, Delay: 15_000_000_000 } }));
    harness.end(harness.live(), 'failed');
    await harness.process({ triggeredBy: 'alloc-failure' });
    const [followUp] = harness.created;
    expect(harness.created).toHaveLength(1);
    expect(followUp).toMatchObject({
      triggeredBy: 'alloc-reschedule',
      statusDescription: 'created for delayed rescheduling',
      waitUntilMs: harness.clock.now() + 15_000,
    });
    expect(harness.allocations().map(({ followupEvalId }) => followupEvalId)).toEqual([followUp?.id, followUp?.id]);
    await harness.process({ triggeredBy: 'node-update' });
    expect(harness.live()).toEqual([]);
    expect(harness.created).toHaveLength(1);
    await harness.process({ ...followUp });
    expect(names(harness.live())).toEqual(['web.front[0]', 'web.front[1]']);
  });

  test('when the evaluation that was to replace it has been overtaken, the one that did it does', async () => {
    const harness = await running(withCount(2, { ReschedulePolicy: { ...POLICY, Delay: 15_000_000_000 } }));
    const [first, second] = harness.live() as [Allocation, Allocation];
    harness.end([first], 'failed', 4_000);
    harness.end([second], 'failed');
    await harness.process({ triggeredBy: 'alloc-failure' });
    expect(harness.created).toHaveLength(1);
    await harness.clock.advance(11_000);
    await harness.process({ triggeredBy: 'node-update' });
    expect(names(harness.live())).toEqual(['web.front[0]', 'web.front[1]']);
  });

  test('row 113: delays grow as Fibonacci has it up to the limit, and the last five are remembered', async () => {
    const policy = {
      Unlimited: true,
      Delay: 5_000_000_000,
      MaxDelay: 240_000_000_000,
      DelayFunction: 'fibonacci',
    };
    const harness = await running(withCount(1, { ReschedulePolicy: policy }));
    const delays: (number | undefined)[] = [];
    for (let i = 0; i < 11; i += 1) {
      harness.end(harness.live(), 'failed');
      await harness.process({ triggeredBy: 'alloc-failure' });
      const due = harness.created.at(-1);
      await harness.clock.advance((due?.waitUntilMs ?? 0) - harness.clock.now());
      await harness.process({ ...due });
      const events = harness.live()[0]?.rescheduleTracker?.events ?? [];
      expect(events.length).toBe(Math.min(5, i + 1));
      delays.push(events.at(-1)?.delayMs);
    }
    expect(delays).toEqual([5, 5, 10, 15, 25, 40, 65, 105, 170, 240, 240].map((seconds) => seconds * 1_000));
  });

  test('a replacement that finds no node is noted, once, and waits', async () => {
    const harness = await running(withCount(1, { ReschedulePolicy: POLICY }), 1);
    harness.end(harness.live(), 'failed', 10_000);
    harness.node('node-0', { schedulingEligibility: 'ineligible' });
    await harness.process({ triggeredBy: 'alloc-failure' });
    expect(harness.allocations()).toMatchObject([
      { desiredStatus: 'run', rescheduleTracker: { lastReschedule: 'no placement', events: [] } },
    ]);
    const plans = harness.plans.length;
    await harness.process({ triggeredBy: 'node-update' });
    expect(harness.plans).toHaveLength(plans);
    harness.node('other');
    await harness.process({ triggeredBy: 'node-update' });
    expect(harness.live()).toMatchObject([{ nodeId: 'other', rescheduleTracker: { lastReschedule: 'ok' } }]);
  });

  test('somebody who insists has one replaced whatever the policy', async () => {
    const harness = await running(withCount(1, { ReschedulePolicy: { ...POLICY, Attempts: 0 } }));
    harness.end(harness.live(), 'failed');
    await harness.process({ triggeredBy: 'alloc-failure' });
    expect(harness.live()).toEqual([]);
    harness.report(harness.allocations(), {
      desiredTransition: { migrate: false, reschedule: false, forceReschedule: true, noShutdownDelay: false },
    });
    await harness.process({ triggeredBy: 'alloc-stop' });
    expect(harness.live()).toHaveLength(1);
  });

  test('row 114: of a batch job what ended well stays, what failed or is lost is replaced', async () => {
    const harness = await running(withCount(3, {}, { Type: 'batch' }), 3);
    const [complete, failed, lost] = harness.live() as [Allocation, Allocation, Allocation];
    harness.end([complete], 'complete');
    harness.end([failed], 'failed', 10_000);
    harness.report([lost], { clientStatus: 'lost', desiredStatus: 'stop' });
    await harness.process({ type: 'batch' });
    expect(names(harness.live())).toEqual([failed.name, lost.name]);
    harness.end(harness.live(), 'complete');
    await harness.process({ type: 'batch' });
    expect(harness.live()).toEqual([]);
    harness.job(withCount(3, {}, { Type: 'batch', Meta: { run: '2' } }));
    await harness.process({ type: 'batch' });
    expect(harness.live()).toHaveLength(3);
  });
});

test('the same state and the same chance give the same plan', async () => {
  const plans = await Promise.all(
    [1, 1, 2].map(async (seed) => {
      const harness = new SchedulerHarness({ nodes: 30, seed });
      harness.job(withCount(20, { Networks: [{ DynamicPorts: [{ Label: 'http' }] }] }));
      await harness.process();
      return harness.plans;
    }),
  );
  expect(plans[0]).toEqual(plans[1]);
  expect(plans[0]).not.toEqual(plans[2]);
});

test('sticky data keeps a replacement on its node', async () => {
  const harness = await running(withCount(1, { EphemeralDisk: { Sticky: true } }), 20);
  const [first] = harness.live() as [Allocation];
  harness.job(withCount(1, { EphemeralDisk: { Sticky: true } }, {}, { User: 'other' }));
  await harness.process();
  expect(harness.live()).toMatchObject([{ nodeId: first.nodeId, previousAllocation: first.id }]);
});
