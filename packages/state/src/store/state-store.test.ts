import { describe, expect, test } from '@jest/globals';
import type { Node } from '@steppe/domain';
import { SimClock } from '@steppe/testing';
import { MemoryStateStore } from './state-store.js';

const node = (id: string, name = id): Omit<Node, 'createIndex' | 'modifyIndex'> => ({
  id,
  name,
  datacenter: 'dc1',
  nodeClass: '',
  nodePool: 'default',
  httpAddress: '127.0.0.1:4646',
  tlsEnabled: false,
  attributes: { 'cpu.arch': 'amd64' },
  meta: {},
  drivers: {},
  resources: {
    cpuShares: 1,
    totalCores: 1,
    memoryMb: 1,
    diskMb: 1,
    networks: [],
    minDynamicPort: 20_000,
    maxDynamicPort: 32_000,
  },
  reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' },
  status: 'initializing',
  statusDescription: '',
  statusUpdatedAt: 0,
  schedulingEligibility: 'eligible',
  computedClass: 'v1:1',
  events: [],
});
const newStore = () => {
  const clock = new SimClock();
  return { clock, store: new MemoryStateStore({ clock }) };
};

describe('MemoryStateStore', () => {
  test('each write gets the next index; a rewrite keeps its create index', () => {
    const { store } = newStore();
    expect(store.upsertNode(node('b')).index).toBe(2);
    expect(store.upsertNode(node('a')).index).toBe(3);
    expect(store.upsertNode(node('b', 'renamed')).value).toMatchObject({
      createIndex: 2,
      modifyIndex: 4,
      name: 'renamed',
    });
    expect(store.nodes()).toMatchObject({ index: 4, value: [{ id: 'a' }, { id: 'b' }] });
  });

  test('a snapshot never changes, and is the same object until something does', () => {
    const { store } = newStore();
    store.upsertNode(node('a'));
    const before = store.nodes().value;
    expect(store.nodes().value).toBe(before);
    store.updateNodeStatus('a', 'ready', 9);
    expect(before[0]).toMatchObject({ status: 'initializing' });
    expect(store.nodes().value[0]).toMatchObject({ status: 'ready', statusUpdatedAt: 9 });
  });

  test('the status of an unknown node changes nothing', () => {
    const { store } = newStore();
    expect(store.updateNodeStatus('x', 'down', 0)).toBeUndefined();
    expect(store.index).toBe(1);
  });

  test('a wait ends with the change it waits for, and not before', async () => {
    const { store } = newStore();
    let woken = false;
    const waiting = store.waitForNodes(2, { timeoutMs: 10_000 }).then(() => (woken = true));
    store.upsertNode(node('a'));
    await Promise.resolve();
    expect(woken).toBe(false);
    store.upsertNode(node('b'));
    await waiting;
    await store.waitForNodes(2, { timeoutMs: 10_000 });
  });

  test('a wait ends when its time is over or its caller is gone, and leaves nothing behind', async () => {
    const { store, clock } = newStore();
    const timedOut = store.waitForNodes(1, { timeoutMs: 10_000 });
    await clock.advance(10_000);
    await timedOut;
    const abort = new AbortController();
    const aborted = store.waitForNodes(1, { timeoutMs: 10_000, signal: abort.signal });
    abort.abort();
    await aborted;
    expect(clock.pending).toBe(0);
  });
});
