import { describe, expect, test } from '@jest/globals';
import type { NodeRegistration } from '@steppe/domain';
import { Secret } from '@steppe/domain';
import type { Leadership } from '@steppe/state';
import { BUILT_IN_TABLES, EngineStateStore, MemoryEngine, NODES } from '@steppe/state';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { NodeRegistry } from './node-registry.js';

const ID = '0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71';
const registration = (changes: Partial<NodeRegistration> = {}): NodeRegistration => ({
  id: ID,
  name: 'n1',
  datacenter: 'dc1',
  nodeClass: '',
  nodePool: 'default',
  httpAddress: '127.0.0.1:4646',
  tlsEnabled: false,
  attributes: { 'cpu.arch': 'amd64', 'unique.hostname': 'n1' },
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
  ...changes,
});

async function setUp({ leads = true } = {}) {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const state = new EngineStateStore(
    { tables: BUILT_IN_TABLES },
    { engine: new MemoryEngine(), clock, logger, metrics: noMetrics },
  );
  await state.start();
  /** A server of the region: its registry, and how it gains and loses the lead. */
  const server = (isLeader: boolean) => {
    const listeners: ((leads: boolean) => void)[] = [];
    const leadership: { isLeader: boolean } & Leadership = {
      isLeader,
      term: 1,
      leader: () => undefined,
      peers: () => ['127.0.0.1:4647'],
      onDidChange: (listener) => {
        listeners.push(listener);
        return () => void listeners.splice(listeners.indexOf(listener), 1);
      },
    };
    const registry = new NodeRegistry(
      {
        minHeartbeatTtlMs: 10_000,
        maxHeartbeatsPerSecond: 50,
        heartbeatGraceMs: 10_000,
        failoverHeartbeatTtlMs: 300_000,
      },
      {
        state,
        leadership,
        servers: () => ['127.0.0.1:4647'],
        clock,
        random: new SeededRandom(1),
        logger,
      },
    );
    const lead = (now: boolean): void => {
      leadership.isLeader = now;
      for (const listener of listeners) listener(now);
    };
    return { registry, lead };
  };
  return { clock, state, server, ...server(leads), node: (id: string) => state.snapshot().get(NODES, id) };
}
const secret = new Secret('node-secret');

describe('NodeRegistry', () => {
  test('a new node is initializing, and ready with its first heartbeat', async () => {
    const { registry, node } = await setUp();
    const reply = await registry.register(registration(), secret);
    expect(reply).toMatchObject({ index: 2, servers: ['127.0.0.1:4647'], nodeCount: 1 });
    expect(reply.heartbeatTtlMs).toBeGreaterThanOrEqual(10_000);
    expect(reply.heartbeatTtlMs).toBeLessThanOrEqual(20_000);
    expect(node(ID)).toMatchObject({ status: 'initializing', schedulingEligibility: 'eligible' });
    expect((await registry.updateStatus(ID, secret, 'ready')).index).toBe(3);
    expect((await registry.updateStatus(ID, secret, 'ready')).index).toBe(0);
    expect(node(ID)?.status).toBe('ready');
  });

  test('a node whose heartbeats stop is down, and ready again with the next one', async () => {
    const { registry, node, clock } = await setUp();
    await registry.register(registration(), secret);
    const { heartbeatTtlMs } = await registry.updateStatus(ID, secret, 'ready');
    await clock.advance(heartbeatTtlMs + 9_999);
    expect(node(ID)?.status).toBe('ready');
    await clock.advance(1);
    expect(node(ID)?.status).toBe('down');
    await registry.updateStatus(ID, secret, 'ready');
    expect(node(ID)).toMatchObject({ status: 'ready' });
    expect(node(ID)?.events.map(({ message }) => message)).toEqual([
      'Node registered',
      'Node heartbeat missed',
      'Node reregistered by heartbeat',
    ]);
    await registry.stop();
    expect(clock.pending).toBe(0);
  });

  test('row 129: a new leader gives nodes the failover time to report, and marks those down that do not', async () => {
    const { registry, lead, server, node, clock } = await setUp();
    const next = server(false);
    for (const each of [registry, next.registry]) await each.start();
    await registry.register(registration(), secret);
    await registry.updateStatus(ID, secret, 'ready');
    lead(false);
    expect(clock.pending).toBe(0);
    next.lead(true);
    await clock.advance(299_999);
    expect(node(ID)?.status).toBe('ready');
    await clock.advance(1);
    expect(node(ID)?.status).toBe('down');
    for (const each of [registry, next.registry]) await each.stop();
    expect(clock.pending).toBe(0);
  });

  test('a server that leads again gives them that time, too', async () => {
    const { registry, lead, node, clock } = await setUp();
    await registry.start();
    await registry.register(registration(), secret);
    await registry.updateStatus(ID, secret, 'ready');
    lead(false);
    lead(true);
    await clock.advance(299_999);
    expect(node(ID)?.status).toBe('ready');
    await registry.stop();
  });

  test('a known node keeps its status when it registers again', async () => {
    const { registry, node } = await setUp();
    await registry.register(registration(), secret);
    await registry.updateStatus(ID, secret, 'ready');
    await registry.register(registration({ meta: { rack: '7' } }), secret);
    expect(node(ID)).toMatchObject({ status: 'ready', createIndex: 2, meta: { rack: '7' } });
  });

  test.each([
    ['id', { id: '' }, 'missing node ID for client registration'],
    ['datacenter', { datacenter: '' }, 'missing datacenter for client registration'],
    ['name', { name: '' }, 'missing node name for client registration'],
    ['attributes', { attributes: {} }, 'missing attributes for client registration'],
    ['pool', { nodePool: 'all' }, 'node is not allowed to register in node pool "all"'],
  ])('a registration with a bad %s is refused', async (_, changes, message) => {
    const { registry } = await setUp();
    await expect(registry.register(registration(changes), secret)).rejects.toThrow(message);
  });

  test('row 126: secrets are demanded, and must match', async () => {
    const { registry, node } = await setUp();
    await expect(registry.register(registration(), new Secret(''))).rejects.toThrow(
      'missing node secret ID for client registration',
    );
    await registry.register(registration(), secret);
    await expect(registry.register(registration({ name: 'n2' }), new Secret('other'))).rejects.toThrow(
      'node secret ID does not match. Not registering node.',
    );
    expect(node(ID)?.name).toBe('n1');
  });

  test('a heartbeat is taken only from who registered', async () => {
    const { registry, node } = await setUp();
    await registry.register(registration(), secret);
    await expect(registry.updateStatus(ID, new Secret('other'), 'ready')).rejects.toThrow(
      'node secret ID does not match',
    );
    expect(node(ID)?.status).toBe('initializing');
  });

  test.each([
    ['', 'ready', 'missing node ID for client status update'],
    [ID, 'fine', 'invalid status for node'],
    [ID, 'ready', 'node not found'],
  ])('the heartbeat of "%s" with status %s is refused', async (id, status, message) => {
    const { registry } = await setUp();
    await expect(registry.updateStatus(id, secret, status)).rejects.toThrow(message);
  });

  test('row 127: only the leader takes registrations and heartbeats, and only it looks at the time', async () => {
    const { registry, clock } = await setUp({ leads: false });
    await expect(registry.register(registration(), secret)).rejects.toThrow('No cluster leader');
    await expect(registry.updateStatus(ID, secret, 'ready')).rejects.toThrow('No cluster leader');
    expect(clock.pending).toBe(0);
  });

  test('row 127: whoever loses the lead while it writes a heartbeat does not look at the time, either', async () => {
    const { registry, lead, state, clock } = await setUp();
    await registry.start();
    const transact = state.transact.bind(state);
    state.transact = async (change) => {
      const written = await transact(change);
      lead(false);
      return written;
    };
    await expect(registry.register(registration(), secret)).rejects.toMatchObject({
      code: 'HEARTBEAT_NOT_RESET',
      message: 'failed to reset heartbeat since server is not leader',
    });
    expect(clock.pending).toBe(0);
    await registry.stop();
  });

  test('nodes alike share a class, whatever tells them apart', async () => {
    const { registry, node } = await setUp();
    const other = '1b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71';
    const third = '2b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71';
    await registry.register(registration(), secret);
    await registry.register(
      registration({ id: other, name: 'n2', attributes: { 'cpu.arch': 'amd64', 'unique.hostname': 'n2' } }),
      secret,
    );
    await registry.register(registration({ id: third, attributes: { 'cpu.arch': 'arm64' } }), secret);
    expect(node(other)?.computedClass).toBe(node(ID)?.computedClass);
    expect(node(third)?.computedClass).not.toBe(node(ID)?.computedClass);
  });
});
