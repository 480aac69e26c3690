import { describe, expect, test } from '@jest/globals';
import { BroadcastQueue, retransmitLimit } from './broadcast-queue.js';

const message = (fill: number, length: number) => new Uint8Array(length).fill(fill);
const firstBytes = (taken: readonly Uint8Array[]) => taken.map((bytes) => bytes[0]);
const queueOf = (maxDepth = 100, retransmitMult = 4) =>
  new BroadcastQueue({ retransmitMult, maxDepth: () => maxDepth });
const ALL = { overheadBytes: 2, limitBytes: 1_400 };

test.each([
  [1, 4],
  [9, 4],
  [10, 8],
  [99, 8],
  [100, 12],
  [999, 12],
  [1_000, 16],
])('in a pool of %p a message is sent %p times', (n, times) => expect(retransmitLimit(4, n)).toBe(times));

describe('what is taken', () => {
  test('least often sent first, then the largest that fits, then the newest', () => {
    const queue = queueOf();
    queue.enqueue({ bytes: message(1, 10) });
    expect(firstBytes(queue.take(ALL, 1))).toEqual([1]);
    queue.enqueue({ bytes: message(2, 20) });
    queue.enqueue({ bytes: message(3, 20) });
    queue.enqueue({ bytes: message(4, 30) });
    expect(firstBytes(queue.take({ overheadBytes: 2, limitBytes: 46 }, 1))).toEqual([4, 1]);
    expect(firstBytes(queue.take(ALL, 1))).toEqual([3, 2, 4, 1]);
  });

  test('a message too large for the room left is passed over, not waited for', () => {
    const queue = queueOf();
    queue.enqueue({ bytes: message(1, 2_000) });
    queue.enqueue({ bytes: message(2, 5) });
    expect(firstBytes(queue.take(ALL, 1))).toEqual([2]);
    expect(queue.depth).toBe(2);
  });

  test('the overhead is charged for every message, up to the last byte', () => {
    const queue = queueOf();
    for (const fill of [1, 2, 3]) queue.enqueue({ bytes: message(fill, 8) });
    expect(queue.take({ overheadBytes: 2, limitBytes: 20 }, 1)).toHaveLength(2);
    expect(queue.take({ overheadBytes: 2, limitBytes: 19 }, 1)).toHaveLength(1);
    expect(queue.take({ overheadBytes: 2, limitBytes: 9 }, 1)).toHaveLength(0);
  });

  test('never more messages than asked for, and none twice', () => {
    const queue = queueOf();
    for (const fill of [1, 2, 3]) queue.enqueue({ bytes: message(fill, 8) });
    expect(firstBytes(queue.take({ ...ALL, limitMessages: 2 }, 1))).toEqual([3, 2]);
    expect(firstBytes(queue.take(ALL, 1))).toEqual([1, 3, 2]);
  });
});

describe('how a broadcast leaves', () => {
  test('after the number of transmissions that the pool asks for at that time', () => {
    const queue = queueOf();
    const outcomes: string[] = [];
    queue.enqueue({ bytes: message(1, 8), onDone: (outcome) => outcomes.push(outcome) });
    for (let i = 0; i < 3; i += 1) queue.take(ALL, 9);
    expect(outcomes).toEqual([]);
    queue.take(ALL, 9);
    expect(outcomes).toEqual(['sent']);
    expect(queue.take(ALL, 9)).toEqual([]);
  });

  test('what goes to several nodes at once counts for each of them', () => {
    const queue = queueOf();
    const outcomes: string[] = [];
    queue.enqueue({ bytes: message(1, 8), onDone: (outcome) => outcomes.push(outcome) });
    queue.take({ ...ALL, copies: 3 }, 9);
    expect(outcomes).toEqual([]);
    queue.enqueue({ bytes: message(2, 8) });
    expect(firstBytes(queue.take({ ...ALL, copies: 3 }, 9))).toEqual([2, 1]);
    expect(outcomes).toEqual(['sent']);
    expect(queue.depth).toBe(1);
  });

  test('a newer one of its key replaces it, one without a key replaces nothing', () => {
    const queue = queueOf();
    const outcomes: string[] = [];
    queue.enqueue({ bytes: message(1, 8), key: 'a', onDone: (outcome) => outcomes.push(outcome) });
    queue.take(ALL, 9);
    queue.enqueue({ bytes: message(2, 8) });
    queue.enqueue({ bytes: message(3, 8), key: 'a' });
    expect(outcomes).toEqual(['replaced']);
    expect(firstBytes(queue.take(ALL, 9))).toEqual([3, 2]);
  });

  test('a full queue drops what was sent most often, at once', () => {
    const queue = queueOf(2);
    const outcomes: string[] = [];
    const enqueue = (fill: number) =>
      queue.enqueue({ bytes: message(fill, 8), onDone: (outcome) => outcomes.push(`${fill} ${outcome}`) });
    enqueue(1);
    queue.take(ALL, 9);
    enqueue(2);
    enqueue(3);
    expect(outcomes).toEqual(['1 dropped']);
    queue.clear();
    expect(outcomes).toEqual(['1 dropped', '2 dropped', '3 dropped']);
    expect(queue.depth).toBe(0);
  });

  test('a broadcast enqueued from within a completion is kept', () => {
    const queue = queueOf();
    const next = { bytes: message(2, 8), key: 'a' };
    queue.enqueue({ bytes: message(1, 8), key: 'a', onDone: () => queue.enqueue(next) });
    for (let i = 0; i < 4; i += 1) queue.take(ALL, 9);
    expect(firstBytes(queue.take(ALL, 9))).toEqual([2]);
  });
});
