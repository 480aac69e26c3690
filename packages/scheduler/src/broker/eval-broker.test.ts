import { describe, expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { SeededRandom, SimClock } from '@steppe/testing';
import { EvalBroker, FAILED_QUEUE } from './eval-broker.js';
import type { Evaluation } from './evaluation.js';

const evaluation = (id: string, changes: Partial<Evaluation> = {}): Evaluation => ({
  id,
  type: 'service',
  priority: 50,
  triggeredBy: 'job-register',
  createIndex: 1,
  ...changes,
});
const signal = new AbortController().signal;
const now = { timeoutMs: 0, signal };

function setUp() {
  const clock = new SimClock();
  const broker = new EvalBroker({}, { clock, random: new SeededRandom(1), metrics: noMetrics });
  const take = async (...types: string[]) => {
    const delivery = broker.dequeue(types, now);
    await clock.advance(0);
    return delivery;
  };
  return { clock, broker, take };
}

describe('EvalBroker', () => {
  test('hands out by priority, then by age, of the types asked for', async () => {
    const { broker, take } = setUp();
    broker.enqueue(evaluation('young', { createIndex: 9 }));
    broker.enqueue(evaluation('old', { createIndex: 2 }));
    broker.enqueue(evaluation('urgent', { createIndex: 10, priority: 90 }));
    broker.enqueue(evaluation('batch', { type: 'batch', priority: 100 }));
    const order = [await take('service'), await take('service'), await take('service'), await take('service')];
    expect(order.map((delivery) => delivery?.evaluation.id)).toEqual(['urgent', 'old', 'young', undefined]);
    expect((await take('service', 'batch'))?.evaluation.id).toBe('batch');
  });

  test('wakes a waiting worker of the right type', async () => {
    const { broker, clock } = setUp();
    const batch = broker.dequeue(['batch'], { timeoutMs: 500, signal });
    const service = broker.dequeue(['service'], { timeoutMs: 500, signal });
    broker.enqueue(evaluation('a'));
    expect((await service)?.evaluation.id).toBe('a');
    await clock.advance(500);
    expect(await batch).toBeUndefined();
  });

  test('a wait ends with its caller and leaves nothing behind', async () => {
    const { broker, clock } = setUp();
    const abort = new AbortController();
    const waiting = broker.dequeue(['service'], { timeoutMs: 500, signal: abort.signal });
    abort.abort();
    expect(await waiting).toBeUndefined();
    expect(clock.pending).toBe(0);
    expect(await broker.dequeue(['service'], { timeoutMs: 500, signal: abort.signal })).toBeUndefined();
  });

  test('an evaluation that is known is not added twice, one that was acked may come again', async () => {
    const { broker, take } = setUp();
    broker.enqueue(evaluation('a'));
    broker.enqueue(evaluation('a'));
    expect(broker.readyCount).toBe(1);
    const delivery = await take('service');
    await broker.ack('a', delivery?.token ?? '');
    broker.enqueue(evaluation('a'));
    expect(broker.readyCount).toBe(1);
  });

  test('a nack makes it ready again, after the limit for whoever takes failures', async () => {
    const { broker, take } = setUp();
    broker.enqueue(evaluation('a'));
    for (let i = 0; i < 3; i += 1) {
      const delivery = await take('service');
      await broker.nack('a', delivery?.token ?? '');
    }
    expect(await take('service')).toBeUndefined();
    expect((await take(FAILED_QUEUE))?.evaluation.id).toBe('a');
  });

  test('what a worker keeps too long goes to another, and the first one is too late', async () => {
    const { broker, clock, take } = setUp();
    broker.enqueue(evaluation('a'));
    const first = await take('service');
    await clock.advance(60_000);
    const second = await take('service');
    expect(second?.token).not.toBe(first?.token);
    await broker.ack('a', first?.token ?? '');
    await broker.nack('a', first?.token ?? '');
    expect(broker.outstandingCount).toBe(1);
    await broker.ack('a', second?.token ?? '');
    expect([broker.outstandingCount, broker.readyCount]).toEqual([0, 0]);
  });
});
