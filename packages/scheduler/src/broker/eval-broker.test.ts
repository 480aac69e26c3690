import { describe, expect, test } from '@jest/globals';
import type { Evaluation } from '@steppe/domain';
import { SeededRandom, SimClock } from '@steppe/testing';
import * as fc from 'fast-check';
import { evaluationOf } from '../testing/evaluation-of.js';
import type { EvalBrokerOptions } from './eval-broker.js';
import { EvalBroker, FAILED_QUEUE } from './eval-broker.js';

const signal = new AbortController().signal;
const SERVICE = ['service'];

function setUp(options: EvalBrokerOptions = {}) {
  const clock = new SimClock();
  const indexes = new Map<string, number>();
  const broker = new EvalBroker(options, {
    clock,
    random: new SeededRandom(1),
    jobEvalIndex: (namespace, jobId) => indexes.get(`${namespace}/${jobId}`) ?? 0,
  });
  broker.setEnabled(true);
  const take = async (types: readonly string[] = SERVICE) => {
    const taken = broker.dequeue(types, { timeoutMs: 1, signal });
    await clock.advance(1);
    return taken;
  };
  const mustTake = async (types: readonly string[] = SERVICE) => {
    const delivery = await take(types);
    if (delivery === undefined) throw new Error(`nothing of ${types.join()} is ready`);
    return delivery;
  };
  const counts = () => {
    const { ready, unacked, pending, waiting, cancelable } = broker.stats();
    return { ready, unacked, pending, waiting, cancelable };
  };
  return { clock, broker, take, mustTake, counts, indexes };
}
const NOTHING = { ready: 0, unacked: 0, pending: 0, waiting: 0, cancelable: 0 };
const ofJob = (id: string, job: string, changes: Partial<Evaluation> = {}) =>
  evaluationOf(id, { jobId: job, ...changes });

describe('delivery', () => {
  test('row 22: an evaluation comes as it is, with a token and the index to wait for', async () => {
    const { broker, mustTake } = setUp();
    const evaluation = evaluationOf('a', { modifyIndex: 1_500 });
    broker.enqueue(evaluation);
    const delivery = await mustTake();
    expect(delivery).toEqual({ evaluation, token: expect.stringMatching(/./), waitIndex: 1_500 });
  });

  test('row 23: the index to wait for is that of the newest evaluation of its job', async () => {
    const { broker, mustTake, indexes } = setUp();
    broker.enqueue(evaluationOf('a', { modifyIndex: 1_000 }));
    indexes.set('default/web', 1_000);
    const first = await mustTake();
    expect(first).toMatchObject({ evaluation: { id: 'a' }, waitIndex: 1_000 });
    broker.enqueue(evaluationOf('b', { modifyIndex: 2_000 }));
    indexes.set('default/web', 2_000);
    await broker.ack('a', first.token);
    expect(await mustTake()).toMatchObject({ evaluation: { id: 'b' }, waitIndex: 2_000 });
    // Whoever gets the one of 1,000 again needs what has been written since.
    broker.enqueue(ofJob('c', 'other', { modifyIndex: 1_000 }));
    indexes.set('default/other', 3_000);
    expect(await mustTake()).toMatchObject({ evaluation: { id: 'c' }, waitIndex: 3_000 });
  });

  test('row 37: a disabled broker takes nothing and delivers nothing', async () => {
    const { broker, counts } = setUp();
    broker.setEnabled(false);
    broker.enqueue(evaluationOf('a'));
    expect(counts()).toEqual(NOTHING);
    await expect(broker.dequeue(SERVICE, { timeoutMs: 1, signal })).rejects.toThrow('eval broker disabled');
  });

  test('row 38: an evaluation is queued once', () => {
    const { broker, counts } = setUp();
    broker.enqueue(evaluationOf('a'));
    broker.enqueue(evaluationOf('a'));
    expect(counts()).toEqual({ ...NOTHING, ready: 1 });
  });

  test('row 39: a wrong token changes nothing', async () => {
    const { broker, mustTake, counts } = setUp();
    broker.enqueue(evaluationOf('a'));
    const { token } = await mustTake();
    await expect(broker.ack('a', 'wrong')).rejects.toThrow('Token does not match for Evaluation ID');
    await expect(broker.ack('b', token)).rejects.toThrow('Evaluation ID not found');
    expect(counts()).toEqual({ ...NOTHING, unacked: 1 });
    await broker.ack('a', token);
    expect(counts()).toEqual(NOTHING);
  });

  test('row 40, 41: after a nack it comes again with a new token, after a second and after twenty', async () => {
    const { broker, clock, mustTake, take, counts } = setUp();
    broker.enqueue(evaluationOf('a'));
    const first = await mustTake();
    await broker.nack('a', first.token);
    expect(counts()).toEqual({ ...NOTHING, waiting: 1 });
    await clock.advance(900);
    expect(await take()).toBeUndefined();
    await clock.advance(100);
    const second = await mustTake();
    expect(second.token).not.toBe(first.token);
    await broker.nack('a', second.token);
    await clock.advance(19_000);
    expect(await take()).toBeUndefined();
    await clock.advance(1_000);
    expect((await mustTake()).evaluation.id).toBe('a');
  });

  test('row 45: who waits for a time gets nothing when it is over, and not before', async () => {
    const { broker, clock } = setUp();
    let isOver = false;
    const nothing = broker.dequeue(SERVICE, { timeoutMs: 5, signal }).finally(() => {
      isOver = true;
    });
    await clock.advance(4);
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(await nothing).toBeUndefined();
  });

  test('row 46: who waits for ever gets the next one', async () => {
    const { broker, clock } = setUp();
    const forEver = broker.dequeue(SERVICE, { timeoutMs: 0, signal });
    await clock.advance(3_600_000);
    broker.enqueue(evaluationOf('a'));
    expect((await forEver)?.evaluation.id).toBe('a');
  });

  test('who gives up waiting leaves nothing behind', async () => {
    const { broker, clock } = setUp();
    const abort = new AbortController();
    const waiting = broker.dequeue(SERVICE, { timeoutMs: 500, signal: abort.signal });
    abort.abort();
    expect(await waiting).toBeUndefined();
    expect(clock.pending).toBe(0);
    expect(await broker.dequeue(SERVICE, { timeoutMs: 500, signal: abort.signal })).toBeUndefined();
  });
});

describe('order', () => {
  test('row 47, 48: higher priorities first, then the older', async () => {
    const { broker, mustTake } = setUp();
    broker.enqueue(ofJob('p10', 'a', { priority: 10 }));
    broker.enqueue(ofJob('p30-young', 'b', { priority: 30, createIndex: 9 }));
    broker.enqueue(ofJob('p30-old', 'c', { priority: 30, createIndex: 2 }));
    broker.enqueue(ofJob('p20', 'd', { priority: 20 }));
    const order = [];
    for (let i = 0; i < 4; i += 1) order.push((await mustTake()).evaluation.id);
    expect(order).toEqual(['p30-old', 'p30-young', 'p20', 'p10']);
  });

  test('row 49: of types with equal priorities none starves', async () => {
    const { broker, mustTake } = setUp();
    const served = new Set<string>();
    for (let i = 0; i < 40; i += 1) {
      broker.enqueue(ofJob(`s${i}`, `s${i}`));
      broker.enqueue(ofJob(`b${i}`, `b${i}`, { type: 'batch' }));
      served.add((await mustTake(['service', 'batch'])).evaluation.type);
    }
    expect(served).toEqual(new Set(['service', 'batch']));
  });

  test('row 50: of several types the one with the highest head is served', async () => {
    const { broker, mustTake } = setUp();
    broker.enqueue(ofJob('s90', 'a', { priority: 90 }));
    broker.enqueue(ofJob('b40', 'b', { priority: 40, type: 'batch' }));
    broker.enqueue(ofJob('s1', 'c', { priority: 1 }));
    broker.enqueue(ofJob('b2', 'd', { priority: 2, type: 'batch' }));
    expect((await mustTake(['batch', 'service'])).evaluation.id).toBe('s90');
  });
});

describe('one at a time of each job', () => {
  /** Those of A are older, and therefore delivered first. */
  const fill = (broker: EvalBroker): void => {
    for (let i = 1; i <= 4; i += 1) {
      broker.enqueue(evaluationOf(`a${i}`, { namespace: 'A', createIndex: i, modifyIndex: i }));
    }
    for (let i = 1; i <= 3; i += 1) {
      broker.enqueue(evaluationOf(`b${i}`, { namespace: 'B', createIndex: 10 + i, modifyIndex: 10 + i }));
    }
  };

  test('row 42, 43: the others wait, and then the newest goes on and the rest can be cancelled', async () => {
    const { broker, mustTake, counts } = setUp();
    fill(broker);
    expect(counts()).toEqual({ ...NOTHING, ready: 2, pending: 5 });
    const { evaluation, token } = await mustTake();
    expect(evaluation.id).toBe('a1');
    await broker.ack('a1', token);
    expect(counts()).toEqual({ ...NOTHING, ready: 2, pending: 2, cancelable: 2 });
    expect((await mustTake()).evaluation.id).toBe('a4');
    expect(
      broker
        .takeCancelable(9)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['a2', 'a3']);
  });

  test('row 59: of ten that wait for their job the one written last is next, however they came', async () => {
    const { broker, mustTake, counts } = setUp();
    broker.enqueue(evaluationOf('first', { modifyIndex: 1 }));
    const { token } = await mustTake();
    for (const i of [3, 9, 1, 7, 10, 2, 8, 4, 6, 5]) broker.enqueue(evaluationOf(`e${i}`, { modifyIndex: 10 + i }));
    expect(counts()).toEqual({ ...NOTHING, unacked: 1, pending: 10 });
    await broker.ack('first', token);
    expect(counts()).toEqual({ ...NOTHING, ready: 1, cancelable: 9 });
    expect((await mustTake()).evaluation.id).toBe('e10');
  });

  test('row 60: those that can be cancelled are taken in batches', async () => {
    const { broker, mustTake } = setUp();
    for (let i = 0; i <= 21; i += 1) broker.enqueue(evaluationOf(`e${i}`, { modifyIndex: i }));
    const { evaluation, token } = await mustTake();
    await broker.ack(evaluation.id, token);
    expect(broker.stats().cancelable).toBe(20);
    expect(broker.takeCancelable(10)).toHaveLength(10);
    expect(broker.stats().cancelable).toBe(10);
  });

  test('row 44: disabling forgets everything', async () => {
    const { broker, clock, mustTake, counts } = setUp();
    fill(broker);
    broker.enqueue(ofJob('late', 'other', { waitMs: 5_000 }));
    await mustTake();
    expect(counts()).toEqual({ ...NOTHING, ready: 1, unacked: 1, pending: 5, waiting: 1 });
    const waiting = broker.dequeue(['batch'], { timeoutMs: 0, signal });
    broker.setEnabled(false);
    await expect(waiting).rejects.toThrow('eval broker disabled');
    expect(counts()).toEqual(NOTHING);
    expect(clock.pending).toBe(0);
    broker.setEnabled(true);
    expect(counts()).toEqual(NOTHING);
  });
});

describe('the time a worker has', () => {
  test('row 51: what is kept too long is delivered again', async () => {
    const { broker, clock, mustTake } = setUp();
    broker.enqueue(evaluationOf('a'));
    const first = await mustTake();
    await clock.advance(61_001);
    const second = await mustTake();
    expect(second.token).not.toBe(first.token);
    await expect(broker.ack('a', first.token)).rejects.toThrow('Token does not match');
  });

  test('row 52: a reset gives the full time again', async () => {
    const { broker, clock, mustTake } = setUp();
    broker.enqueue(evaluationOf('a'));
    const { token } = await mustTake();
    await clock.advance(30_000);
    broker.resetNackTimer('a', token);
    await clock.advance(59_999);
    expect(broker.outstanding('a')).toBe(token);
    await clock.advance(1);
    expect(broker.outstanding('a')).toBeUndefined();
  });

  test('row 53: while it is paused no time passes', async () => {
    const { broker, clock, mustTake } = setUp();
    broker.enqueue(evaluationOf('a'));
    const { token } = await mustTake();
    broker.pauseNackTimer('a', token);
    await clock.advance(120_000);
    expect(broker.outstanding('a')).toBe(token);
    broker.resetNackTimer('a', token);
    await clock.advance(59_999);
    expect(broker.outstanding('a')).toBe(token);
    await clock.advance(1);
    expect(broker.outstanding('a')).toBeUndefined();
  });

  test('only its holder may change it', async () => {
    const { broker, mustTake } = setUp();
    broker.enqueue(evaluationOf('a'));
    await mustTake();
    expect(() => broker.resetNackTimer('a', 'x')).toThrow('evaluation token does not match');
    expect(() => broker.pauseNackTimer('b', 'x')).toThrow('evaluation is not outstanding');
  });
});

describe('the delivery limit', () => {
  const deliver = async ({ broker, clock, mustTake }: ReturnType<typeof setUp>, times: number): Promise<void> => {
    for (let i = 0; i < times; i += 1) {
      const { token } = await mustTake();
      await broker.nack('a', token);
      await clock.advance(60_000);
    }
  };

  test('row 54: what failed three times is with the failed ones, and only there', async () => {
    const context = setUp();
    context.broker.enqueue(evaluationOf('a'));
    await deliver(context, 3);
    expect(await context.take()).toBeUndefined();
    expect((await context.mustTake([FAILED_QUEUE])).evaluation.id).toBe('a');
  });

  test('row 55: what succeeds the third time is not', async () => {
    const context = setUp();
    context.broker.enqueue(evaluationOf('a'));
    await deliver(context, 2);
    const { token } = await context.mustTake();
    await context.broker.ack('a', token);
    expect(await context.take([FAILED_QUEUE])).toBeUndefined();
    expect(context.counts()).toEqual(NOTHING);
  });
});

describe('evaluations for later', () => {
  test('row 56: one that is to wait is ready afterwards', async () => {
    const { broker, clock, counts } = setUp();
    broker.enqueue(evaluationOf('a', { waitMs: 10 }));
    expect(counts()).toEqual({ ...NOTHING, waiting: 1 });
    await clock.advance(10);
    expect(counts()).toEqual({ ...NOTHING, ready: 1 });
  });

  test('row 57: each is ready at its own moment, and a moment that has passed is now', async () => {
    const { broker, clock } = setUp();
    const now = clock.now();
    for (const ms of [30, 20, 10, -5]) broker.enqueue(ofJob(`e${ms}`, `j${ms}`, { waitUntilMs: now + ms }));
    const order = [];
    for (let i = 0; i < 4; i += 1) {
      const delivery = broker.dequeue(SERVICE, { timeoutMs: 0, signal });
      await clock.advance(10);
      order.push((await delivery)?.evaluation.id);
    }
    expect(order).toEqual(['e-5', 'e10', 'e20', 'e30']);
  });

  test('one that is due in months does not fire early', async () => {
    const { broker, clock, counts } = setUp();
    const day = 24 * 3_600_000;
    broker.enqueue(evaluationOf('a', { waitUntilMs: clock.now() + 2 * day }));
    await clock.advance(2 * day - 1);
    expect(counts()).toEqual({ ...NOTHING, waiting: 1 });
    await clock.advance(1);
    expect(counts()).toEqual({ ...NOTHING, ready: 1 });
  });
});

test('row 58: its holder can ask for an evaluation again, which is done after an ack and forgotten after a nack', async () => {
  const { broker, clock, mustTake, counts } = setUp();
  broker.enqueue(evaluationOf('a'));
  const first = await mustTake();
  broker.enqueue(evaluationOf('a', { modifyIndex: 7 }), first.token);
  broker.enqueue(evaluationOf('a', { modifyIndex: 9 }), 'wrong');
  await broker.ack('a', first.token);
  const second = await mustTake();
  expect(second.evaluation.modifyIndex).toBe(7);
  broker.enqueue(evaluationOf('a', { modifyIndex: 8 }), second.token);
  await broker.nack('a', second.token);
  expect(counts()).toEqual({ ...NOTHING, waiting: 1 });
  await clock.advance(1_000);
  const third = await mustTake();
  expect(third.evaluation.modifyIndex).toBe(7);
  await broker.ack('a', third.token);
  expect(counts()).toEqual(NOTHING);
});

test('whatever happens when, every evaluation is in one place, and of each job at most one is in play', async () => {
  type Step = { readonly kind: 'enqueue' | 'take' | 'ack' | 'nack' | 'wait' | 'cancel'; readonly n: number };
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom('enqueue', 'enqueue', 'take', 'take', 'ack', 'nack', 'wait', 'cancel'),
    n: fc.nat({ max: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { broker, clock, take } = setUp();
      const held: { readonly id: string; readonly token: string; readonly job: string }[] = [];
      let gone = 0;
      let added = 0;
      for (const { kind, n } of steps) {
        if (kind === 'enqueue') {
          added += 1;
          broker.enqueue(ofJob(`e${added}`, `j${n % 3}`, { modifyIndex: added, waitMs: n === 0 ? 50 : 0 }));
        } else if (kind === 'take') {
          const delivery = await take(['service', FAILED_QUEUE]);
          if (delivery === undefined) continue;
          const { evaluation, token } = delivery;
          expect(held.some(({ job }) => job === evaluation.jobId)).toBe(false);
          held.push({ id: evaluation.id, token, job: evaluation.jobId });
        } else if (kind === 'ack' || kind === 'nack') {
          const [one] = held.splice(n % Math.max(1, held.length), 1);
          if (one === undefined) continue;
          await broker[kind](one.id, one.token);
          if (kind === 'ack') gone += 1;
        } else if (kind === 'cancel') gone += broker.takeCancelable(n).length;
        else await clock.advance(n * 10);
        const { ready, unacked, pending, waiting, cancelable } = broker.stats();
        expect(unacked).toBe(held.length);
        expect(ready + unacked + pending + waiting + cancelable + gone).toBe(added);
      }
    }),
    { numRuns: 150 },
  );
});
