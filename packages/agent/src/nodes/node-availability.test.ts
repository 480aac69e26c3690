import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Node } from '@steppe/domain';
import { encodeNode } from '@steppe/domain';
import { noMetrics } from '@steppe/runtime';
import type { Leadership } from '@steppe/state';
import { BUILT_IN_TABLES, EngineStateStore, MemoryEngine, NODES } from '@steppe/state';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { NodeAvailability } from './node-availability.js';
import { NodeDrainer } from './node-drainer.js';

const ID = '0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71';
const READY: Omit<Node, 'createIndex' | 'modifyIndex'> = {
  id: ID,
  name: 'n1',
  datacenter: 'dc1',
  nodeClass: '',
  nodePool: 'default',
  httpAddress: '127.0.0.1:4646',
  tlsEnabled: false,
  attributes: {},
  meta: {},
  drivers: {},
  resources: {
    cpuShares: 1,
    totalCores: 1,
    memoryMb: 1,
    diskMb: 1,
    networks: [],
    minDynamicPort: 1,
    maxDynamicPort: 2,
  },
  reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' },
  status: 'ready',
  statusDescription: '',
  statusUpdatedAt: 0,
  schedulingEligibility: 'eligible',
  computedClass: '',
  events: [],
};

let state: EngineStateStore;
let clock: SimClock;
let availability: NodeAvailability;
const deps = () => ({ clock, random: new SeededRandom(1), logger: new RecordingLogger() });
beforeEach(async () => {
  clock = new SimClock(1_000_000);
  state = new EngineStateStore(
    { tables: BUILT_IN_TABLES },
    { engine: new MemoryEngine(), ...deps(), metrics: noMetrics },
  );
  await state.start();
  await state.transact((tx) => tx.put(NODES, READY));
  availability = new NodeAvailability({ state, clock, random: new SeededRandom(1) });
});

const node = (): Node => state.snapshot().get(NODES, ID) as Node;
const messages = (): readonly string[] => node().events.map(({ message }) => message);
const spec = { deadlineMs: 60_000, ignoreSystemJobs: false };

describe('eligibility', () => {
  test('changes once, with an event', async () => {
    const { index } = await availability.setEligibility(ID, 'ineligible');
    expect(node()).toMatchObject({ schedulingEligibility: 'ineligible', modifyIndex: index });
    await availability.setEligibility(ID, 'ineligible');
    expect(node().modifyIndex).toBe(index);
    await availability.setEligibility(ID, 'eligible');
    expect(messages()).toEqual(['Node marked as ineligible for scheduling', 'Node marked as eligible for scheduling']);
  });

  test('a node cannot be made eligible while it drains, and can be afterwards', async () => {
    await availability.setDrain(ID, { spec, markEligible: false, meta: {} });
    await expect(availability.setEligibility(ID, 'eligible')).rejects.toThrow(
      "can not set node's scheduling eligibility to eligible while it is draining",
    );
    await availability.completeDrain(ID);
    expect(node().schedulingEligibility).toBe('ineligible');
    await availability.setEligibility(ID, 'eligible');
    expect(node().schedulingEligibility).toBe('eligible');
  });

  test('is gone once the node has refused too many plans, with an event that says so', async () => {
    await availability.keepOut(ID);
    await availability.keepOut(ID);
    expect(node().schedulingEligibility).toBe('ineligible');
    expect(encodeNode(node())['Events']).toMatchObject([
      {
        Message: 'Node marked as ineligible for scheduling due to multiple plan rejections',
        Subsystem: 'Scheduler',
      },
    ]);
  });

  test('of an unknown node is refused', async () => {
    await expect(availability.setEligibility('x', 'eligible')).rejects.toThrow('node not found');
  });
});

describe('a drain', () => {
  test('takes the node out of scheduling, and shows its terms', async () => {
    await availability.setDrain(ID, { spec, markEligible: false, meta: { message: 'disk' } });
    expect(encodeNode(node())).toMatchObject({
      Drain: true,
      SchedulingEligibility: 'ineligible',
      DrainStrategy: {
        Deadline: 60_000_000_000,
        ForceDeadline: '1970-01-01T00:17:40Z',
        IgnoreSystemJobs: false,
        StartedAt: '1970-01-01T00:16:40Z',
      },
      LastDrain: { Status: 'draining', Meta: { message: 'disk' }, StartedAt: '1970-01-01T00:16:40Z' },
    });
  });

  test.each([
    [0, 0],
    [-1, -1],
  ])('with a deadline of %i has no moment to be forced at', async (deadlineMs, Deadline) => {
    await availability.setDrain(ID, { spec: { ...spec, deadlineMs }, markEligible: false, meta: {} });
    expect(encodeNode(node()).DrainStrategy).toMatchObject({ Deadline, ForceDeadline: '0001-01-01T00:00:00Z' });
  });

  test('that is changed goes on from its start, and one that is canceled can make the node eligible', async () => {
    await availability.setDrain(ID, { spec, markEligible: false, meta: {} });
    await clock.advance(1_000);
    await availability.setDrain(ID, { spec: { ...spec, deadlineMs: 5 }, markEligible: false, meta: {} });
    expect(node().drain).toEqual({ deadlineMs: 5, ignoreSystemJobs: false, startedAtMs: 1_000_000 });
    await availability.setDrain(ID, { spec: undefined, markEligible: true, meta: { why: 'again' } });
    expect(node()).toMatchObject({
      schedulingEligibility: 'eligible',
      lastDrain: { status: 'canceled', startedAtMs: 1_000_000, updatedAtMs: 1_001_000, meta: { why: 'again' } },
    });
    expect(node().drain).toBeUndefined();
    expect(messages()).toEqual(['Node drain strategy set', 'Node drain strategy updated', 'Node drain disabled']);
  });

  test('that is over can be canceled to make the node eligible, and else changes nothing', async () => {
    await availability.setDrain(ID, { spec: undefined, markEligible: false, meta: {} });
    expect(messages()).toEqual([]);
    await availability.setEligibility(ID, 'ineligible');
    await availability.setDrain(ID, { spec: undefined, markEligible: true, meta: {} });
    expect(messages()).toEqual(['Node marked as ineligible for scheduling', 'Node marked as eligible for scheduling']);
  });

  test('is ended by the leader, and by nobody else, when the node has nothing left', async () => {
    let lead: (leads: boolean) => void = () => undefined;
    const leadership: { isLeader: boolean } & Leadership = {
      isLeader: false,
      term: 1,
      leader: () => undefined,
      peers: () => [],
      onDidChange: (listener) => {
        lead = listener;
        return () => undefined;
      },
    };
    const drainer = new NodeDrainer({ state, leadership, availability, ...deps() });
    await drainer.start();
    await availability.setDrain(ID, { spec, markEligible: false, meta: {} });
    expect(node().drain).toBeDefined();
    leadership.isLeader = true;
    lead(true);
    await clock.advance(100);
    expect(node().drain).toBeUndefined();
    expect(node().lastDrain).toMatchObject({ status: 'complete' });
    await availability.setDrain(ID, { spec, markEligible: false, meta: {} });
    await clock.advance(100);
    expect(messages().slice(-2)).toEqual(['Node drain strategy set', 'Node drain complete']);
    await drainer.stop();
  });
});
