import { describe, expect, test } from '@jest/globals';
import type { Evaluation } from '@steppe/domain';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { EvalBroker, FAILED_QUEUE } from '../broker/eval-broker.js';
import { evaluationOf } from '../testing/evaluation-of.js';
import { MemoryRegion } from '../testing/memory-region.js';
import type { SchedulerContribution } from './scheduler-contribution.js';
import type { SchedulingLink } from './planner.js';
import { WorkerPoolImpl } from './worker-pool.js';
import type { WorkerPoolOptions } from './worker-pool.js';

/** Evaluations that are handed back come again at once. */
const NO_DELAYS = { initialNackDelayMs: 0, subsequentNackDelayMs: 0 };
const unused = (): Promise<never> => Promise.reject(new Error('not of this test'));
const linkTo = (region: MemoryRegion): SchedulingLink => ({
  stateAt: (index, options) => region.stateAt(index, options),
  submitPlan: unused,
  updateEval: unused,
  createEval: unused,
  reblockEval: unused,
});
/** An evaluation of a job of its own, that any state is new enough for. */
const readyEval = (id: string, changes: Partial<Evaluation> = {}): Evaluation =>
  evaluationOf(id, { jobId: id, modifyIndex: 0, ...changes });

const ALL = ['service', 'batch', 'system', 'sysbatch', '_core'];

function setUp(options: Partial<WorkerPoolOptions> = {}, schedulers: readonly SchedulerContribution[] = []) {
  const clock = new SimClock();
  const random = new SeededRandom(7);
  const logger = new RecordingLogger();
  const broker = new EvalBroker(NO_DELAYS, { clock, random });
  broker.setEnabled(true);
  const link = linkTo(new MemoryRegion(clock));
  const pool = new WorkerPoolImpl(
    { numSchedulers: 2, enabledSchedulers: ALL, cpuCount: 4, ...options },
    { source: broker, link, schedulers, clock, random, logger, metrics: noMetrics },
  );
  return { clock, broker, pool, logger };
}

const statuses = (pool: WorkerPoolImpl) =>
  pool.workers().map(({ status, workloadStatus }) => `${status} ${workloadStatus}`);

describe('WorkerPool', () => {
  test('shows its workers, all of one list, sorted', async () => {
    const { pool, clock } = setUp();
    await pool.start();
    await clock.advance(0);
    expect(pool.workers()).toHaveLength(2);
    expect(new Set(pool.workers().map(({ id }) => id)).size).toBe(2);
    expect(pool.workers()[0]).toMatchObject({
      enabledSchedulers: ['_core', 'batch', 'service', 'sysbatch', 'system'],
      startedMs: clock.now(),
      status: 'Started',
      workloadStatus: 'WaitingToDequeue',
    });
    await pool.stop();
  });

  test.each([
    [{ numSchedulers: 5 }, 'number of schedulers should be between 0 and 4, got 5'],
    [{ numSchedulers: -1 }, 'number of schedulers should be between 0 and 4, got -1'],
    [{ numSchedulers: 1.5 }, 'number of schedulers should be between 0 and 4, got 1.5'],
    [{ enabledSchedulers: ['cron'] }, 'invalid configuration: unknown scheduler "cron" in enabled schedulers'],
  ])('refuses to start with %j', (options, message) => {
    expect(() => setUp(options)).toThrow(expect.objectContaining({ code: 'SCHEDULER_CONFIG_INVALID', message }));
  });

  test('_core is always among what it starts with, but must be written in an update', async () => {
    const { pool } = setUp({ enabledSchedulers: ['batch'] });
    expect(pool.configuration().enabledSchedulers).toEqual(['_core', 'batch']);
    expect(() => pool.reconfigure({ numSchedulers: 1, enabledSchedulers: ['batch'] })).toThrow(
      '"_core" scheduler not enabled',
    );
  });

  test('the lists are compared as sets: the same one, longer and shorter ones', async () => {
    const { pool } = setUp({ enabledSchedulers: ['batch', '_core'] });
    await pool.start();
    const ids = () => pool.workers().map(({ id }) => id);
    const first = ids();
    pool.reconfigure({ numSchedulers: 2, enabledSchedulers: ['_core', 'batch', 'batch'] });
    expect(ids()).toEqual(first);
    pool.reconfigure({ numSchedulers: 2, enabledSchedulers: ['_core', 'batch', 'system'] });
    const second = ids();
    expect(second.some((id) => first.includes(id))).toBe(false);
    pool.reconfigure({ numSchedulers: 2, enabledSchedulers: ['_core', 'batch'] });
    expect(ids().some((id) => second.includes(id))).toBe(false);
    await pool.stop();
  });

  test('row 17: without workers evaluations stay ready, and are processed once there are some', async () => {
    const processed: string[] = [];
    const { pool, broker, clock } = setUp({}, [
      { type: 'service', process: async ({ id }) => void processed.push(id) },
    ]);
    await pool.start();
    pool.reconfigure({ numSchedulers: 0, enabledSchedulers: ALL });
    await clock.advance(500);
    expect(pool.workers()).toEqual([]);
    for (const id of ['e1', 'e2']) broker.enqueue(readyEval(id));
    await clock.advance(60_000);
    expect([broker.stats().ready, processed]).toEqual([2, []]);
    pool.reconfigure({ numSchedulers: 2, enabledSchedulers: ALL });
    await clock.advance(500);
    expect(processed.toSorted()).toEqual(['e1', 'e2']);
    expect(broker.stats()).toMatchObject({ ready: 0, unacked: 0, waiting: 0 });
    await pool.stop();
  });

  test('no workers are legal, and said once', async () => {
    const { pool, logger } = setUp({ numSchedulers: 0 });
    await pool.start();
    expect(pool.workers()).toEqual([]);
    expect(logger.messages('warn')).toEqual(['no enabled schedulers']);
    await pool.stop();
  });

  test.each([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 3],
  ])('of %i workers the leader pauses %i, also after a resize', async (count, paused) => {
    const { pool, clock } = setUp({ numSchedulers: count });
    await pool.start();
    pool.setLeading(true);
    await clock.advance(500);
    const countPaused = () => statuses(pool).filter((status) => status === 'Paused Paused').length;
    expect(countPaused()).toBe(paused);
    pool.reconfigure({ numSchedulers: count, enabledSchedulers: ['_core'] });
    await clock.advance(500);
    expect(countPaused()).toBe(paused);
    pool.setLeading(false);
    await clock.advance(0);
    expect(countPaused()).toBe(0);
    await pool.stop();
  });

  test('an evaluation without a scheduler goes to the failures, and the log says why', async () => {
    const { pool, broker, clock, logger } = setUp();
    await pool.start();
    broker.enqueue(readyEval('e1'));
    await clock.advance(5_000);
    const failed = broker.dequeue([FAILED_QUEUE], { timeoutMs: 0, signal: new AbortController().signal });
    expect((await failed)?.evaluation.id).toBe('e1');
    expect(logger.lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      error: 'no scheduler for evaluations of type service',
    });
    await pool.stop();
  });

  test('without a state to schedule on an evaluation is handed back, and the log says why', async () => {
    const clock = new SimClock();
    const random = new SeededRandom(7);
    const logger = new RecordingLogger();
    const broker = new EvalBroker({}, { clock, random });
    broker.setEnabled(true);
    const options = { numSchedulers: 1, enabledSchedulers: ALL, cpuCount: 4 };
    const pool = new WorkerPoolImpl(options, {
      source: broker,
      schedulers: [],
      clock,
      random,
      logger,
      metrics: noMetrics,
    });
    await pool.start();
    broker.enqueue(readyEval('e1'));
    await clock.advance(0);
    expect(broker.stats()).toMatchObject({ unacked: 0, waiting: 1 });
    expect(logger.lines[0]?.fields).toMatchObject({ error: 'this server has no state to schedule on' });
    await pool.stop();
  });

  test('stopping waits for the evaluation in hand', async () => {
    let finish: () => void = () => undefined;
    const slow: SchedulerContribution = {
      type: 'service',
      process: () => new Promise((resolve) => (finish = resolve)),
    };
    const { pool, broker, clock } = setUp({ numSchedulers: 1 }, [slow]);
    await pool.start();
    broker.enqueue(readyEval('e1'));
    await clock.advance(0);
    expect(statuses(pool)).toEqual(['Started Scheduling']);
    let stopped = false;
    const stopping = pool.stop().then(() => (stopped = true));
    await clock.advance(10_000);
    expect(stopped).toBe(false);
    finish();
    await stopping;
    expect(broker.stats()).toMatchObject({ unacked: 0, ready: 0, waiting: 0 });
  });
});

test('whatever happens to the pool, no evaluation is lost and none is with two workers', async () => {
  type Step =
    | { readonly kind: 'enqueue'; readonly type: string; readonly fails: boolean }
    | { readonly kind: 'resize'; readonly count: number; readonly types: readonly string[] }
    | { readonly kind: 'lead'; readonly leads: boolean }
    | { readonly kind: 'wait'; readonly ms: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constant('enqueue' as const),
      type: fc.constantFrom('service', 'batch'),
      fails: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('resize' as const),
      count: fc.integer({ min: 0, max: 4 }),
      types: fc.subarray(['service', 'batch']),
    }),
    fc.record({ kind: fc.constant('lead' as const), leads: fc.boolean() }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2_000 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const inHand = new Set<string>();
      const done = new Set<string>();
      const failing = new Set<string>();
      let overlapped = false;
      const process = async ({ id }: Evaluation): Promise<void> => {
        overlapped ||= inHand.has(id);
        inHand.add(id);
        await Promise.resolve();
        inHand.delete(id);
        if (failing.has(id)) throw new Error('cannot place');
        done.add(id);
      };
      const { pool, broker, clock } = setUp(
        {},
        ['service', 'batch'].map((type) => ({ type, process })),
      );
      await pool.start();
      let enqueued = 0;
      for (const current of steps) {
        if (current.kind === 'wait') await clock.advance(current.ms);
        else if (current.kind === 'lead') pool.setLeading(current.leads);
        else if (current.kind === 'resize')
          pool.reconfigure({ numSchedulers: current.count, enabledSchedulers: ['_core', ...current.types] });
        else {
          enqueued += 1;
          const id = `e${enqueued}`;
          if (current.fails) failing.add(id);
          broker.enqueue(readyEval(id, { type: current.type, createIndex: enqueued }));
        }
      }
      pool.setLeading(false);
      pool.reconfigure({ numSchedulers: 3, enabledSchedulers: ALL });
      await clock.advance(10_000);
      await pool.stop();
      expect(overlapped).toBe(false);
      expect(done.size + broker.stats().ready).toBe(enqueued);
      expect(broker.stats()).toMatchObject({ ready: failing.size, unacked: 0, pending: 0, waiting: 0 });
    }),
    { numRuns: 60 },
  );
});
