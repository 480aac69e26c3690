import { describe, expect, test } from '@jest/globals';
import type { Evaluation } from '@steppe/domain';
import { MetricsRegistry } from '@steppe/runtime';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { BlockedEvals } from '../blocked/blocked-evals.js';
import { EvalBroker } from '../broker/eval-broker.js';
import { PlanQueue } from '../plan/plan-queue.js';
import { allocationOf } from '../testing/allocation-of.js';
import { evaluationOf } from '../testing/evaluation-of.js';
import { jobOf } from '../testing/job-of.js';
import { MemoryRegion } from '../testing/memory-region.js';
import { nodeOf } from '../testing/node-of.js';
import { planOf } from '../testing/plan-of.js';
import { SchedulingLeader } from './scheduling-leader.js';

const signal = new AbortController().signal;

function setUp() {
  const clock = new SimClock();
  const random = new SeededRandom(1);
  const logger = new RecordingLogger();
  const metrics = new MetricsRegistry({}, { clock });
  const region: MemoryRegion = new MemoryRegion(clock, {
    onEvaluations: (evaluations) => leader.feed.written(evaluations),
  });
  const broker = new EvalBroker({}, { clock, random });
  const blocked = new BlockedEvals({ clock, enqueue: (evaluation, token) => broker.enqueue(evaluation, token) });
  const queue = new PlanQueue();
  const leader: SchedulingLeader = new SchedulingLeader({
    broker,
    blocked,
    queue,
    store: region,
    clock,
    random,
    logger,
    metrics,
  });
  const take = async () => {
    const delivery = await broker.dequeue(['service'], { timeoutMs: 1, signal });
    if (delivery === undefined) throw new Error('nothing is ready');
    return delivery;
  };
  const failWrites = (fail: boolean): void => {
    if (fail) region.writeEvaluations = () => Promise.reject(new Error('no disk'));
    else Reflect.deleteProperty(region, 'writeEvaluations');
  };
  return { clock, region, broker, blocked, queue, leader, take, logger, metrics, failWrites };
}

describe('what is written', () => {
  test('reaches broker and tracker by its status, and those of a server that does not lead not at all', async () => {
    const { region, broker, blocked, leader } = setUp();
    await region.writeEvaluations([evaluationOf('before')]);
    expect(broker.stats().ready).toBe(0);
    leader.gain();
    expect(broker.stats().ready).toBe(1);
    const blockedEval = evaluationOf('blocked', { status: 'blocked', jobId: 'b', snapshotIndex: 99 });
    await region.writeEvaluations([
      evaluationOf('new', { jobId: 'c' }),
      blockedEval,
      evaluationOf('done', { status: 'failed' }),
    ]);
    expect(broker.stats().ready).toBe(2);
    expect(blocked.stats().blocked).toBe(1);
    leader.lose();
  });

  test('row 74: when a job has all it wants, its blocked evaluation is forgotten and written as canceled', async () => {
    const { region, blocked, leader } = setUp();
    leader.gain();
    await region.writeEvaluations([evaluationOf('b', { status: 'blocked', snapshotIndex: 9 })]);
    const failed = { front: {} } as unknown as Evaluation['failedTgAllocs'];
    await region.writeEvaluations([evaluationOf('partly', { status: 'complete', failedTgAllocs: failed })]);
    expect(blocked.stats().blocked).toBe(1);
    await region.writeEvaluations([evaluationOf('done', { status: 'complete' })]);
    expect(blocked.stats().blocked).toBe(0);
    expect(region.evaluation('b')).toMatchObject({
      status: 'canceled',
      statusDescription: 'evaluation "done" successful',
    });
    leader.lose();
  });

  test('room on a node brings back what waits for its class, or for that node', async () => {
    const { region, broker, blocked, leader } = setUp();
    leader.gain();
    const base = { status: 'blocked', snapshotIndex: 9 } as const;
    await region.writeEvaluations([
      evaluationOf('class', { ...base, jobId: 'a', classEligibility: { 'v1:linux': true } }),
      evaluationOf('not', { ...base, jobId: 'b', classEligibility: { 'v1:linux': false } }),
      evaluationOf('node', {
        ...base,
        jobId: 'c',
        type: 'system',
        nodeId: 'n',
        classEligibility: { 'v1:linux': false },
      }),
    ]);
    leader.feed.roomOn(nodeOf('n'), 10);
    expect(broker.stats().ready).toBe(2);
    expect(blocked.stats().blocked).toBe(1);
    leader.feed.jobEnded('default', 'b');
    expect(blocked.stats().blocked).toBe(0);
    leader.lose();
  });
});

describe('the lead', () => {
  test('row 141: who gains it finds what is pending and what is blocked', async () => {
    const { region, broker, blocked, leader } = setUp();
    await region.writeEvaluations([
      evaluationOf('p'),
      evaluationOf('b', { status: 'blocked', jobId: 'b', snapshotIndex: 9 }),
      evaluationOf('c', { status: 'complete', jobId: 'c' }),
    ]);
    leader.gain();
    leader.gain();
    expect(broker.stats().ready).toBe(1);
    expect(blocked.stats().blocked).toBe(1);
    leader.lose();
  });

  test('what blocked ones wait for may have come while nobody led, so they are tried again', async () => {
    const { region, broker, blocked, leader } = setUp();
    await region.writeEvaluations([evaluationOf('b', { status: 'blocked', snapshotIndex: 1 })]);
    region.writeNode(nodeOf('new'));
    leader.gain();
    expect(broker.stats().ready).toBe(1);
    expect(blocked.stats().blocked).toBe(0);
    leader.lose();
  });

  test('who loses it lets go of everything, and tells those who wait', async () => {
    const { region, broker, queue, leader, clock, take } = setUp();
    region.writeJob(jobOf());
    leader.gain();
    await region.writeEvaluations([evaluationOf('a')]);
    const { token } = await take();
    const plan = queue.submit({ ...planOf({ evalToken: token, snapshotIndex: 99 }), evalId: 'a' });
    const queued = queue.submit({ ...planOf(), evalId: 'a' });
    const outcomes = Promise.allSettled([plan, queued]);
    leader.lose();
    leader.lose();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(broker.dequeue(['service'], { timeoutMs: 1, signal })).rejects.toThrow('eval broker disabled');
    await clock.advance(0);
    expect(clock.pending).toBe(0);
  });

  test('who gets it back at once writes no plan while one of before is still being written', async () => {
    const { region, leader, queue, broker, take } = setUp();
    region.writeJob(jobOf());
    region.writeNode(nodeOf('node-0'));
    let finish: (index: number) => void = () => undefined;
    let writes = 0;
    region.write = () => {
      writes += 1;
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    leader.gain();
    await region.writeEvaluations([evaluationOf('a')]);
    const submit = async () => {
      const { token } = await take();
      const plan = { ...planOf({ place: [allocationOf('x')] }), evalId: 'a', evalToken: token };
      return queue.submit(plan).catch(() => undefined);
    };
    void submit();
    await new Promise(setImmediate);
    expect(writes).toBe(1);
    leader.lose();
    leader.gain();
    expect(broker.stats().ready).toBe(1);
    void submit();
    await new Promise(setImmediate);
    expect(writes).toBe(1);
    finish(1);
    await new Promise(setImmediate);
    expect(writes).toBe(2);
    leader.lose();
  });

  test('row 142: while the region pauses it, evaluations are written and nothing comes of them', async () => {
    const { region, broker, leader, take } = setUp();
    leader.gain();
    region.configure({ pauseEvalBroker: true });
    leader.configured();
    await region.writeEvaluations([evaluationOf('a')]);
    expect(broker.isEnabled).toBe(false);
    region.configure({ pauseEvalBroker: false });
    leader.configured();
    expect((await take()).evaluation.id).toBe('a');
    leader.lose();
  });
});

describe('clearing up', () => {
  const failing = async (set: ReturnType<typeof setUp>) => {
    for (let i = 0; i < 3; i += 1) {
      const { evaluation, token } = await set.take();
      await set.broker.nack(evaluation.id, token);
      await set.clock.advance(20_000);
    }
  };

  test('row 62: what no worker could do is written off, and tried again some minutes later', async () => {
    const set = setUp();
    const { region, leader, broker } = set;
    region.writeJob(jobOf());
    leader.gain();
    await region.writeEvaluations([evaluationOf('a')]);
    await failing(set);
    const failed = region.evaluation('a');
    expect(failed).toMatchObject({ status: 'failed', statusDescription: 'evaluation reached delivery limit (3)' });
    const followUp = region.evaluation(failed?.nextEval ?? '');
    expect(followUp).toMatchObject({
      triggeredBy: 'failed-follow-up',
      status: 'pending',
      previousEval: 'a',
      jobId: 'web',
    });
    expect(followUp?.waitMs).toBeGreaterThanOrEqual(60_000);
    expect(followUp?.waitMs).toBeLessThan(360_000);
    expect(broker.stats()).toMatchObject({ unacked: 0, ready: 0, waiting: 1 });
    await set.clock.advance(360_000);
    expect(broker.stats().byType.get('service')).toMatchObject({ ready: 1 });
    leader.lose();
  });

  test('row 63: of a job that is gone nothing is tried again, and core evaluations are not even written', async () => {
    const set = setUp();
    const { region, leader, broker } = set;
    leader.gain();
    await region.writeEvaluations([evaluationOf('a')]);
    await failing(set);
    expect(region.evaluation('a')).toMatchObject({ status: 'failed', nextEval: '' });
    broker.enqueue(evaluationOf('core', { type: '_core', jobId: 'eval-gc' }));
    for (let i = 0; i < 3; i += 1) {
      const delivery = await broker.dequeue(['_core'], { timeoutMs: 1, signal });
      await broker.nack('core', delivery?.token ?? '');
      await set.clock.advance(20_000);
    }
    expect(region.evaluation('core')).toBeUndefined();
    expect(broker.stats()).toMatchObject({ unacked: 0, ready: 0, waiting: 0 });
    leader.lose();
  });

  test('row 43: pending ones that are overtaken are written as canceled, at once', async () => {
    const { region, leader, take, broker, clock } = setUp();
    leader.gain();
    await region.writeEvaluations(['a', 'b', 'c'].map((id) => evaluationOf(id)));
    const { evaluation, token } = await take();
    await broker.ack(evaluation.id, token);
    await clock.advance(0);
    const canceled = region.evaluations().filter(({ status }) => status === 'canceled');
    expect(canceled).toMatchObject([{ statusDescription: 'canceled after more recent eval was processed' }]);
    leader.lose();
  });

  test('row 65: duplicates of blocked ones are written as canceled within five seconds', async () => {
    const { region, leader, clock } = setUp();
    leader.gain();
    for (const id of ['old', 'new']) {
      await region.writeEvaluations([evaluationOf(id, { status: 'blocked', snapshotIndex: 9 })]);
    }
    await clock.advance(5_000);
    expect(region.evaluation('old')).toMatchObject({
      status: 'canceled',
      statusDescription: 'existing blocked evaluation exists for job "web"',
    });
    expect(region.evaluation('new')).toMatchObject({ status: 'blocked' });
    leader.lose();
  });

  test('what could not be written is written later', async () => {
    const { region, leader, clock, failWrites, logger } = setUp();
    leader.gain();
    for (const id of ['old', 'new']) {
      await region.writeEvaluations([evaluationOf(id, { status: 'blocked', snapshotIndex: 9 })]);
    }
    failWrites(true);
    await clock.advance(5_000);
    expect(logger.messages('error')).toEqual(['failed to cancel evaluations']);
    failWrites(false);
    await clock.advance(5_000);
    expect(region.evaluation('old')).toMatchObject({ status: 'canceled' });
    leader.lose();
  });

  test('row 73: what met too many conflicts is tried again every minute', async () => {
    const { region, leader, clock, broker } = setUp();
    leader.gain();
    await region.writeEvaluations([
      evaluationOf('a', { status: 'blocked', triggeredBy: 'max-plan-attempts', snapshotIndex: 9 }),
    ]);
    await clock.advance(59_999);
    expect(broker.stats().ready).toBe(0);
    await clock.advance(1);
    expect(broker.stats().ready).toBe(1);
    leader.lose();
  });

  test('every five minutes there is housekeeping to be done', async () => {
    const { leader, clock, broker } = setUp();
    leader.gain();
    await clock.advance(300_000);
    expect(broker.stats().byType.get('_core')).toMatchObject({ ready: 3 });
    leader.lose();
  });

  test('how much is where is measured every second', async () => {
    const { region, leader, clock, metrics } = setUp();
    leader.gain();
    await region.writeEvaluations([
      evaluationOf('a'),
      evaluationOf('b', { status: 'blocked', jobId: 'b', snapshotIndex: 9 }),
    ]);
    await clock.advance(1_000);
    const gauges = Object.fromEntries(metrics.cumulative().gauges.map(({ name, value }) => [name, value]));
    expect(gauges).toMatchObject({
      'nomad.broker.total_ready': 1,
      'nomad.broker.service.ready': 1,
      'nomad.blocked_evals.total_blocked': 1,
      'nomad.plan.queue_depth': 0,
    });
    leader.lose();
  });
});
