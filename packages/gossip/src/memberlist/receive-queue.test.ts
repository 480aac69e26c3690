import { expect, test } from '@jest/globals';
import { ReceiveQueue } from './receive-queue.js';
import type { QueuedMessage } from './receive-queue.js';

const suspect = (node: string): QueuedMessage => ({ type: 'suspect', node, incarnation: 1, from: 'x' });
const alive = (node: string): QueuedMessage => ({
  type: 'alive',
  node,
  incarnation: 1,
  address: Uint8Array.of(10, 0, 0, 1),
  port: 1,
  meta: new Uint8Array(),
});

test('alive messages come first, and the newest of each kind', () => {
  const queue = new ReceiveQueue(10);
  for (const message of [suspect('a'), alive('b'), suspect('c'), alive('d')]) expect(queue.push(message)).toBe(true);
  const drained = Array.from({ length: 4 }, () => queue.next());
  expect(drained).toEqual([alive('d'), alive('b'), suspect('c'), suspect('a')]);
  expect(queue.next()).toBeUndefined();
});

test('each priority is bounded by itself', () => {
  const queue = new ReceiveQueue(1);
  expect(queue.push(suspect('a'))).toBe(true);
  expect(queue.push(suspect('b'))).toBe(false);
  expect(queue.push(alive('c'))).toBe(true);
  expect(queue.push(alive('d'))).toBe(false);
  expect(queue.size).toBe(2);
  queue.clear();
  expect(queue.size).toBe(0);
});
