import { describe, expect, test } from '@jest/globals';
import type { Evaluation } from '@steppe/domain';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { EvalBroker } from '../broker/eval-broker.js';
import type { EvalSource } from '../broker/eval-source.js';
import { versionMismatch } from '../errors.js';
import { evaluationOf } from '../testing/evaluation-of.js';
import { MemoryRegion } from '../testing/memory-region.js';
import type { Planner, SchedulingLink } from './planner.js';
import type { SchedulerContribution } from './scheduler-contribution.js';
import { SchedulerWorker } from './scheduler-worker.js';

const NO_RESULT = { nodeUpdate: {}, nodeAllocation: {}, rejectedNodes: [], refreshIndex: 0, allocIndex: 0 };
const DRAFT = {
  priority: 50,
  allAtOnce: false,
  job: { namespace: 'default', id: 'web' },
  nodeUpdate: {},
  nodeAllocation: {},
};

const NEVER = new AbortController().signal;

interface Options {
  readonly source?: Partial<EvalSource>;
  readonly link?: Partial<SchedulingLink>;
  readonly process?: SchedulerContribution['process'];
}

function setUp({ source = {}, link = {}, process = () => Promise.resolve() }: Options = {}) {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const region = new MemoryRegion(clock);
  const broker = new EvalBroker({}, { clock, random: new SeededRandom(1) });
  broker.setEnabled(true);
  const shutdown = new AbortController();
  const sent: [string, Evaluation, string][] = [];
  const send = (kind: string) => async (evaluation: Evaluation, token: string) =>
    void sent.push([kind, evaluation, token]);
  const worker = new SchedulerWorker(
    { id: 'w', enabledSchedulers: ['service'] },
    {
      source: {
        dequeue: (types, options) => broker.dequeue(types, options),
        ack: (id, token) => broker.ack(id, token),
        nack: (id, token) => broker.nack(id, token),
        ...source,
      },
      link: {
        stateAt: (index, options) => region.stateAt(index, options),
        submitPlan: async () => NO_RESULT,
        updateEval: async (evaluation, token) => {
          await send('update')(evaluation, token);
          await region.writeEvaluations([evaluation]);
        },
        createEval: send('create'),
        reblockEval: send('reblock'),
        ...link,
      },
      shutdown: shutdown.signal,
      schedulers: new Map([['service', { type: 'service', process }]]),
      clock,
      logger,
      metrics: noMetrics,
    },
  );
  return { clock, logger, region, broker, worker, shutdown, sent };
}
const shown = ({ status, workloadStatus }: SchedulerWorker) => `${status} ${workloadStatus}`;

describe('its life', () => {
  test('it walks through its states', async () => {
    const { worker, clock } = setUp();
    expect(shown(worker)).toBe('Starting UnknownStatus');
    const running = worker.run();
    expect(shown(worker)).toBe('Started WaitingToDequeue');
    worker.pause();
    expect(shown(worker)).toBe('Pausing WaitingToDequeue');
    await clock.advance(500);
    expect(shown(worker)).toBe('Paused Paused');
    worker.resume();
    expect(worker.status).toBe('Resuming');
    await clock.advance(0);
    expect(shown(worker)).toBe('Started WaitingToDequeue');
    worker.stop();
    expect(worker.status).toBe('Stopping');
    await running;
    expect(shown(worker)).toBe('Stopped Stopped');
  });

  test('row 24, 25: an idle one that is told to pause is paused within one wait, and takes nothing until it is resumed', async () => {
    const { worker, clock, broker } = setUp();
    void worker.run();
    worker.pause();
    await clock.advance(550);
    expect(shown(worker)).toBe('Paused Paused');
    broker.enqueue(evaluationOf('a', { modifyIndex: 0 }));
    await clock.advance(100);
    expect(broker.stats().ready).toBe(1);
    worker.resume();
    await clock.advance(1);
    expect(broker.stats()).toMatchObject({ ready: 0, unacked: 0 });
    worker.stop();
  });

  test('one that waits for a leader, or for its state, pauses at once', async () => {
    const failing = setUp({ source: { dequeue: () => Promise.reject(new Error('No cluster leader')) } });
    void failing.worker.run();
    await failing.clock.advance(11_000);
    expect(failing.worker.workloadStatus).toBe('Backoff');
    const behind = setUp();
    void behind.worker.run();
    behind.broker.enqueue(evaluationOf('a', { modifyIndex: 9 }));
    await behind.clock.advance(5_001);
    for (const { worker, clock } of [failing, behind]) {
      worker.pause();
      await clock.advance(0);
      expect(shown(worker)).toBe('Paused Paused');
      worker.stop();
      await clock.advance(0);
      expect(worker.status).toBe('Stopped');
    }
    expect(failing.clock.pending).toBe(0);
  });

  test('one that is told to pause while it is refused waits for nothing more', async () => {
    let refuse = (): void => undefined;
    const dequeue = () => new Promise<never>((_, reject) => (refuse = () => reject(new Error('No cluster leader'))));
    const { worker, clock } = setUp({ source: { dequeue } });
    void worker.run();
    worker.pause();
    refuse();
    await clock.advance(0);
    expect(shown(worker)).toBe('Paused Paused');
    worker.stop();
  });

  test('row 26: a paused one that is stopped is never seen as started', async () => {
    const { worker, clock } = setUp();
    const running = worker.run();
    worker.pause();
    await clock.advance(500);
    worker.stop();
    expect(worker.status).toBe('Stopping');
    await running;
    expect(shown(worker)).toBe('Stopped Stopped');
    expect(clock.pending).toBe(0);
  });

  test('row 27: a stopped one stays stopped', async () => {
    const { worker } = setUp();
    const running = worker.run();
    worker.stop();
    await running;
    worker.pause();
    worker.resume();
    expect(shown(worker)).toBe('Stopped Stopped');
  });

  test('row 28: a pause that has not taken effect is cancelled by a resume', async () => {
    const { worker, clock, broker } = setUp();
    void worker.run();
    worker.pause();
    expect(worker.status).toBe('Pausing');
    worker.resume();
    await clock.advance(1_000);
    expect(worker.status).toBe('Started');
    broker.enqueue(evaluationOf('a', { modifyIndex: 0 }));
    await clock.advance(1);
    expect(broker.stats()).toMatchObject({ ready: 0, unacked: 0, waiting: 0 });
    worker.stop();
  });

  test('one that is told to pause again while it resumes pauses again', async () => {
    const { worker, clock } = setUp();
    void worker.run();
    worker.pause();
    await clock.advance(500);
    worker.resume();
    worker.pause();
    await clock.advance(500);
    expect(shown(worker)).toBe('Paused Paused');
    worker.stop();
  });
});

describe('one evaluation', () => {
  test('it is acked when its scheduler is done, and handed back when that fails', async () => {
    const outcomes = [Promise.resolve(), Promise.reject(new Error('no idea'))];
    outcomes[1]?.catch(() => undefined);
    const { worker, clock, broker, logger } = setUp({ process: () => outcomes.shift() ?? Promise.resolve() });
    void worker.run();
    broker.enqueue(evaluationOf('a', { modifyIndex: 0 }));
    await clock.advance(0);
    expect(broker.stats()).toMatchObject({ unacked: 0, waiting: 0 });
    broker.enqueue(evaluationOf('b', { modifyIndex: 0 }));
    await clock.advance(0);
    expect(broker.stats()).toMatchObject({ unacked: 0, waiting: 1 });
    expect(logger.lines.at(-1)?.fields).toMatchObject({ eval_id: 'b', error: 'no idea' });
    worker.stop();
  });

  test('row 29: one that comes while the server stops is handed back untouched, and the worker ends', async () => {
    const processed: string[] = [];
    const { worker, broker, shutdown, clock } = setUp({
      // One that is on its way comes, whoever has given up waiting for it.
      source: { dequeue: (types, { timeoutMs }) => broker.dequeue(types, { timeoutMs, signal: NEVER }) },
      process: async ({ id }) => void processed.push(id),
    });
    const running = worker.run();
    shutdown.abort();
    worker.stop();
    broker.enqueue(evaluationOf('a', { modifyIndex: 0 }));
    await running;
    expect(processed).toEqual([]);
    expect(shown(worker)).toBe('Stopped Stopped');
    expect(broker.stats()).toMatchObject({ unacked: 0, waiting: 1 });
    broker.setEnabled(false);
    expect(clock.pending).toBe(0);
  });

  test('row 30: when the state does not get there in five seconds somebody else is to try, and the worker waits for it', async () => {
    const { worker, clock, broker, logger, region } = setUp();
    void worker.run();
    broker.enqueue(evaluationOf('a', { modifyIndex: 1 }));
    await clock.advance(4_999);
    expect(worker.workloadStatus).toBe('WaitingForRaft');
    expect(broker.stats().unacked).toBe(1);
    await clock.advance(1);
    expect(broker.stats()).toMatchObject({ unacked: 0, waiting: 1 });
    expect(logger.lines[0]?.fields).toMatchObject({ error: 'timed out after 5s waiting for index=1' });
    await clock.advance(30_000);
    expect(broker.stats()).toMatchObject({ unacked: 0, ready: 1 });
    await region.writeEvaluations([]);
    await clock.advance(1_000);
    expect(broker.stats()).toMatchObject({ unacked: 0, ready: 0 });
    worker.stop();
  });

  test('after fifty seconds it takes evaluations again, wherever the state is', async () => {
    const { worker, clock, broker } = setUp();
    void worker.run();
    broker.enqueue(evaluationOf('a', { modifyIndex: 1 }));
    await clock.advance(54_900);
    expect(broker.stats()).toMatchObject({ ready: 1, unacked: 0 });
    await clock.advance(200);
    expect(broker.stats()).toMatchObject({ unacked: 1 });
    worker.stop();
    await clock.advance(0);
    expect(broker.stats()).toMatchObject({ unacked: 0, waiting: 1 });
  });

  test('another failure to get the state hands it back, and that is all', async () => {
    const stateAt = () => Promise.reject(new Error('disk on fire'));
    const { worker, clock, broker } = setUp({ link: { stateAt } });
    void worker.run();
    broker.enqueue(evaluationOf('a', { modifyIndex: 1 }));
    await clock.advance(0);
    expect(broker.stats()).toMatchObject({ unacked: 0, waiting: 1 });
    expect(worker.workloadStatus).toBe('WaitingToDequeue');
    worker.stop();
  });

  test('row 31: a state that is there is there at once, even for somebody who has given up', async () => {
    const { region } = setUp();
    await expect(region.stateAt(0, { timeoutMs: 0, signal: AbortSignal.abort() })).resolves.toMatchObject({ index: 0 });
  });
});

describe('dequeuing', () => {
  test('failures are repeated less and less often, and told only after ten seconds', async () => {
    const calls: number[] = [];
    const { worker, clock, logger } = setUp({
      source: {
        dequeue: () => {
          calls.push(clock.monotonic());
          return Promise.reject(new Error('no leader'));
        },
      },
    });
    const running = worker.run();
    await clock.advance(9_999);
    expect(calls.slice(0, 5)).toEqual([0, 20, 60, 140, 300]);
    expect(worker.workloadStatus).toBe('Backoff');
    expect(logger.lines).toEqual([]);
    await clock.advance(40_000);
    expect(logger.messages('error').length).toBeGreaterThan(2);
    expect((calls.at(-1) ?? 0) - (calls.at(-2) ?? 0)).toBe(10_000);
    worker.stop();
    await running;
    expect(clock.pending).toBe(0);
  });

  test('that there is no broker any more is nothing to tell while it stops itself', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const { worker, clock, logger } = setUp({
      source: {
        dequeue: () =>
          new Promise((_, reject) => {
            refuse = reject;
          }),
      },
    });
    const running = worker.run();
    await clock.advance(20_000);
    worker.stop();
    refuse(new Error('eval broker disabled'));
    await running;
    expect(logger.lines).toEqual([]);
    expect(worker.status).toBe('Stopped');
  });

  test('row 36: a leader of another version is asked again after half a minute', async () => {
    let calls = 0;
    const dequeue = () => {
      calls += 1;
      return Promise.reject(versionMismatch(1, 2));
    };
    const { worker, clock } = setUp({ source: { dequeue } });
    void worker.run();
    await clock.advance(29_999);
    expect(calls).toBe(1);
    await clock.advance(1);
    expect(calls).toBe(2);
    worker.stop();
  });
});

describe('on behalf of a scheduler', () => {
  const acting = async (
    act: (planner: Planner, evaluation: Evaluation, region: MemoryRegion) => Promise<unknown>,
    options: Options = {},
  ) => {
    const errors: unknown[] = [];
    const set = setUp({
      ...options,
      process: async (evaluation, planner) => {
        await act(planner, evaluation, set.region).catch((error: unknown) => errors.push(error));
      },
    });
    void set.worker.run();
    await set.region.writeEvaluations([]);
    set.broker.enqueue(evaluationOf('a', { modifyIndex: 1, queuedAllocations: { front: 2 } }));
    await set.clock.advance(0);
    return { ...set, errors };
  };

  test('row 34: what it writes bears the index of the state it began on, and the time', async () => {
    const { sent, clock, worker, region } = await acting(async (planner, evaluation, state) => {
      await state.writeEvaluations([]);
      await planner.updateEval({ ...evaluation, status: 'complete' });
    });
    const written = { id: 'a', status: 'complete', snapshotIndex: 1, modifyTimeMs: clock.now() };
    expect(sent).toMatchObject([['update', written, expect.any(String)]]);
    expect(region.evaluation('a')).toMatchObject({ ...written, modifyIndex: region.index });
    worker.stop();
  });

  test('row 35: one that blocks again is written first when other allocations are queued, and only then', async () => {
    const { sent, worker } = await acting(async (planner, evaluation) => {
      await planner.reblockEval({ ...evaluation, status: 'blocked' });
      await planner.reblockEval({ ...evaluation, status: 'blocked', queuedAllocations: { front: 1 } });
    });
    expect(
      sent.map(([kind, { status, queuedAllocations, snapshotIndex }]) => [
        kind,
        status,
        queuedAllocations['front'],
        snapshotIndex,
      ]),
    ).toEqual([
      ['reblock', 'blocked', 2, 1],
      ['update', 'blocked', 1, 1],
      ['reblock', 'blocked', 1, 1],
    ]);
    worker.stop();
  });

  test('what a new leader may take is tried again, and the worker shows it', async () => {
    const errors = [new Error('No cluster leader'), new Error('plan queue is disabled')];
    const { clock, worker, broker } = await acting((planner) => planner.submitPlan(DRAFT), {
      link: { submitPlan: () => (errors.length > 0 ? Promise.reject(errors.shift()) : Promise.resolve(NO_RESULT)) },
    });
    expect(worker.workloadStatus).toBe('Backoff');
    await clock.advance(500);
    expect(worker.workloadStatus).toBe('Backoff');
    await clock.advance(1_000);
    expect(broker.stats().unacked).toBe(0);
    expect(worker.workloadStatus).toBe('WaitingToDequeue');
    worker.stop();
  });

  test('everything else is final', async () => {
    const { errors, worker } = await acting((planner) => planner.submitPlan(DRAFT), {
      link: { submitPlan: () => Promise.reject(new Error('evaluation token does not match')) },
    });
    expect(errors).toMatchObject([{ message: 'evaluation token does not match' }]);
    worker.stop();
  });

  test('row 32, 33: a newer state comes when the leader says that there is one', async () => {
    for (const refreshIndex of [0, 1]) {
      let newIndex: number | undefined;
      const { worker } = await acting(
        async (planner) => {
          newIndex = (await planner.submitPlan(DRAFT)).newState?.index;
        },
        { link: { submitPlan: async () => ({ ...NO_RESULT, refreshIndex }) } },
      );
      expect(newIndex).toBe(refreshIndex === 0 ? undefined : 1);
      worker.stop();
    }
  });
});
