import { describe, expect, test } from '@jest/globals';
import type { PlanResult } from '@steppe/domain';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { BlockedEvals } from '../blocked/blocked-evals.js';
import { EvalBroker } from '../broker/eval-broker.js';
import { SchedulingEntrance } from '../leader/scheduling-entrance.js';
import { allocationOf } from '../testing/allocation-of.js';
import { evaluationOf } from '../testing/evaluation-of.js';
import { jobOf } from '../testing/job-of.js';
import { MemoryRegion } from '../testing/memory-region.js';
import { nodeOf } from '../testing/node-of.js';
import type { PlanParts } from '../testing/plan-of.js';
import { planOf } from '../testing/plan-of.js';
import { PlanApplier } from './plan-applier.js';
import { PlanQueue } from './plan-queue.js';

const signal = new AbortController().signal;

/** Everything takes long: each look at the time finds it later. */
class SlowClock extends SimClock {
  #spentMs = 0;

  override monotonic(): number {
    this.#spentMs += 3;
    return super.monotonic() + this.#spentMs;
  }
}

async function setUp({ jobs = ['web'], clock = new SimClock() } = {}) {
  const region = new MemoryRegion(clock);
  const broker = new EvalBroker({}, { clock, random: new SeededRandom(1) });
  const blocked = new BlockedEvals({ clock, enqueue: (evaluation, token) => broker.enqueue(evaluation, token) });
  const queue = new PlanQueue();
  const logger = new RecordingLogger();
  const entrance = new SchedulingEntrance({ broker, blocked, queue, store: region, clock });
  const rejected: string[] = [];
  const applier = new PlanApplier({
    queue,
    rejections: { rejected: (nodeId) => void rejected.push(nodeId) },
    store: region,
    isCurrent: ({ evalId, evalToken }) => broker.outstanding(evalId) === evalToken,
    clock,
    logger,
    metrics: noMetrics,
  });
  broker.setEnabled(true);
  queue.setEnabled(true);
  for (const ID of jobs) region.writeJob(jobOf({ ID }));
  for (const id of ['node-0', 'node-1']) region.writeNode(nodeOf(id));
  const ended = applier.run(signal);
  /** Hands an evaluation to a worker. @returns its token */
  const deliver = async (id: string, jobId = 'web') => {
    broker.enqueue(evaluationOf(id, { jobId }));
    const delivery = await broker.dequeue(['service'], { timeoutMs: 1, signal });
    return delivery?.token ?? '';
  };
  const submit = (parts: PlanParts, evalToken: string) => entrance.submitPlan({ ...planOf(parts), evalToken });
  return { clock, region, broker, queue, logger, ended, deliver, submit, entrance, rejected };
}

describe('PlanApplier', () => {
  test('row 32: a plan for a valid node is written, once', async () => {
    const { deliver, submit, region } = await setUp();
    const token = await deliver('e1');
    const result = await submit({ place: [allocationOf('a')] }, token);
    expect(result).toMatchObject({ allocIndex: region.index, refreshIndex: 0, rejectedNodes: [] });
    expect(region.allocations()).toMatchObject([
      { id: 'a', createIndex: region.index, allocModifyIndex: region.index },
    ]);
  });

  test('row 33: of a plan for an unknown node nothing is written, and there is a newer state to look at', async () => {
    const { deliver, submit, region } = await setUp();
    const before = region.index;
    const result = await submit({ place: [allocationOf('a', { nodeId: 'nowhere' })] }, await deliver('e1'));
    expect(result).toMatchObject({ allocIndex: 0, rejectedNodes: ['nowhere'] });
    expect(result.refreshIndex).toBeGreaterThan(0);
    expect(region.index).toBe(before);
  });

  const FULL = 4_000;
  const onBoth = [allocationOf('fits'), allocationOf('too-much', { nodeId: 'node-1', cpuShares: 1 })];

  test('row 82: what fits is written, and the state to look at is that of the write', async () => {
    const { deliver, submit, region, rejected } = await setUp();
    region.writeAllocations([allocationOf('old', { nodeId: 'node-1', cpuShares: FULL })]);
    const result = await submit({ place: onBoth }, await deliver('e1'));
    expect(result).toMatchObject({ rejectedNodes: ['node-1'], allocIndex: region.index });
    expect(result.refreshIndex).toBeGreaterThanOrEqual(result.allocIndex);
    expect(region.allocations().map(({ id }) => id)).toEqual(['old', 'fits']);
    expect(rejected).toEqual(['node-1']);
  });

  test('row 83: of a plan that is all or nothing, nothing is written then', async () => {
    const { deliver, submit, region } = await setUp();
    region.writeAllocations([allocationOf('old', { nodeId: 'node-1', cpuShares: FULL })]);
    const before = region.index;
    const result = await submit({ place: onBoth, allAtOnce: true }, await deliver('e1'));
    expect(result).toMatchObject({ rejectedNodes: ['node-1'], nodeAllocation: {}, allocIndex: 0 });
    expect(result.refreshIndex).toBeGreaterThan(0);
    expect([region.index, region.allocations().map(({ id }) => id)]).toEqual([before, ['old']]);
  });

  /** Twenty plans of as many jobs, submitted at once. */
  const submitTwenty = async (cpuShares: number) => {
    const jobs = Array.from({ length: 20 }, (_, i) => `job-${i}`);
    const { deliver, submit, region } = await setUp({ jobs });
    const results: Promise<PlanResult>[] = [];
    for (const id of jobs) {
      const token = await deliver(`e-${id}`, id);
      const job = { namespace: 'default', id };
      results.push(submit({ evalId: `e-${id}`, job, place: [allocationOf(id, { jobId: id, cpuShares })] }, token));
    }
    const done = await Promise.all(results);
    const indexes = done.map(({ allocIndex }) => allocIndex).filter((index) => index > 0);
    expect(indexes).toEqual([...new Set(indexes)].toSorted((a, b) => a - b));
    return { done, jobs, region, indexes };
  };

  test('row 81: plans that come together are all answered, and each is written once, at an index of its own', async () => {
    const { done, jobs, region, indexes } = await submitTwenty(FULL / 20);
    expect(indexes).toHaveLength(20);
    expect(region.allocations().map(({ id }) => id)).toEqual(jobs);
    expect(done).toMatchObject(done.map(() => ({ refreshIndex: 0, rejectedNodes: [] })));
  });

  test('of plans that come together each sees the ones before', async () => {
    // Eight of 500 MHz fill the node of 4,000.
    const { done, region } = await submitTwenty(500);
    expect(region.allocations()).toHaveLength(8);
    expect(done.filter(({ refreshIndex }) => refreshIndex > 0)).toHaveLength(12);
  });

  test('a check that takes long lets others have turns', async () => {
    const clock = new SlowClock();
    const { deliver, submit, region } = await setUp({ clock });
    region.writeNode(nodeOf('node-2'));
    const token = await deliver('e1');
    let isWritten = false;
    const place = ['node-0', 'node-1', 'node-2'].map((nodeId) => allocationOf(nodeId, { nodeId }));
    const written = submit({ place }, token).then(() => (isWritten = true));
    // Without a turn for the timers it would be over by now.
    await new Promise((resolve) => setImmediate(resolve));
    expect(isWritten).toBe(false);
    await clock.advance(0);
    await written;
    expect(region.allocations().map(({ id }) => id)).toEqual(['node-0', 'node-1', 'node-2']);
  });

  test('row 91: a plan of somebody who does not have the evaluation is refused', async () => {
    const { deliver, submit, region } = await setUp();
    await deliver('e1');
    await expect(submit({ place: [allocationOf('a')] }, 'other')).rejects.toThrow('evaluation token does not match');
    await expect(submit({ evalId: 'e9', place: [allocationOf('a')] }, 'other')).rejects.toThrow(
      'evaluation is not outstanding',
    );
    expect(region.allocations()).toEqual([]);
  });

  test('row 92: a plan that places for a job the leader does not know is refused; stopping needs none', async () => {
    const { deliver, submit, region } = await setUp();
    const token = await deliver('e1');
    const job = { namespace: 'default', id: 'gone' };
    await expect(submit({ job, place: [allocationOf('a')] }, token)).rejects.toThrow(
      'job "gone" in namespace "default" not found',
    );
    const left = allocationOf('left', { jobId: 'gone' });
    region.writeAllocations([left]);
    await submit({ job, stop: [left] }, token);
    expect(region.allocations()).toMatchObject([{ id: 'left', desiredStatus: 'stop' }]);
  });

  test('a plan whose evaluation was handed back while it waited is not carried out', async () => {
    const { deliver, submit, region, broker } = await setUp();
    const token = await deliver('e1');
    const answer = submit({ place: [allocationOf('a')] }, token);
    await broker.nack('e1', token);
    await expect(answer).rejects.toThrow('evaluation token does not match');
    expect(region.allocations()).toEqual([]);
  });

  test('the time of the evaluation stands still while its plan is considered, and begins anew after that', async () => {
    const { deliver, submit, broker, clock, region } = await setUp();
    const token = await deliver('e1');
    await clock.advance(50_000);
    const answer = submit({ place: [allocationOf('a')], snapshotIndex: region.index + 1 }, token);
    await clock.advance(9_900);
    await region.writeEvaluations([]);
    await clock.advance(1_000);
    await answer;
    await clock.advance(59_000);
    expect(broker.outstanding('e1')).toBe(token);
    await clock.advance(1_000);
    expect(broker.outstanding('e1')).toBeUndefined();
  });

  test('a state that does not come fails the plan after ten seconds, and says what was waited for', async () => {
    const { deliver, submit, clock, logger } = await setUp();
    const answer = submit({ place: [allocationOf('a')], snapshotIndex: 99 }, await deliver('e1'));
    const failure = answer.catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await failure).toMatchObject({
      message: 'timed out after 10s waiting for index=99 (previous plan result index=0; plan snapshot index=99)',
    });
    expect(logger.messages('error')).toEqual(['failed to apply plan']);
  });

  test('it ends when the queue is disabled', async () => {
    const { queue, ended } = await setUp();
    queue.setEnabled(false);
    await expect(ended).resolves.toBeUndefined();
  });
});

describe('SchedulingEntrance', () => {
  test('row 36: workers of another version get nothing', async () => {
    const { entrance } = await setUp();
    await expect(entrance.dequeue(['service'], { timeoutMs: 1, signal, schedulerVersion: 0 })).rejects.toThrow(
      'dequeue disallowed: calling scheduler version is 0; leader version is 1',
    );
    await expect(entrance.dequeue([], { timeoutMs: 1, signal })).rejects.toThrow(
      'dequeue requires at least one scheduler type',
    );
  });

  test('of a broker that is paused there is nothing for a time, and something as soon as it goes on', async () => {
    const { entrance, broker, clock } = await setUp();
    broker.setEnabled(false);
    const nothing = entrance.dequeue(['service'], { timeoutMs: 500, signal });
    await clock.advance(500);
    expect(await nothing).toBeUndefined();
    const something = entrance.dequeue(['service'], { timeoutMs: 0, signal });
    await clock.advance(100);
    broker.setEnabled(true);
    broker.enqueue(evaluationOf('e1'));
    await clock.advance(100);
    expect((await something)?.evaluation.id).toBe('e1');
  });

  test('only who has an evaluation writes it, follows it up or blocks it, and has more time for it then', async () => {
    const { entrance, deliver, clock, broker, region } = await setUp();
    const token = await deliver('e1');
    const followUp = evaluationOf('e2', { previousEval: 'e1' });
    await expect(entrance.updateEval(evaluationOf('e1'), 'other')).rejects.toThrow('evaluation token does not match');
    await expect(entrance.createEval(followUp, 'other')).rejects.toThrow('evaluation token does not match');
    await expect(entrance.reblockEval(evaluationOf('e1'), 'other')).rejects.toThrow('evaluation token does not match');
    expect(region.evaluations()).toEqual([]);
    await clock.advance(59_000);
    await entrance.createEval(followUp, token);
    await clock.advance(59_000);
    expect(broker.outstanding('e1')).toBe(token);
    expect(region.evaluation('e2')).toMatchObject({ previousEval: 'e1' });
  });
});
