import { beforeEach, expect, test } from '@jest/globals';
import type { RpcCallContext, RpcClient, RpcUnaryEndpoint } from '@steppe/rpc';
import type { Leader, Leadership } from '@steppe/state';
import { SimClock } from '@steppe/testing';
import type { AllocReports } from '../nodes/alloc-reports.js';
import type { NodeAllocations } from '../nodes/node-allocations.js';
import type { NodeRegistry } from '../nodes/node-registry.js';
import { ClusterEndpoints } from './cluster-endpoints.js';
import type { NodeConnections } from './node-connections.js';

const SELF: Leader = { id: 'self', rpcAddress: '10.0.0.1:4647' };
const OTHER: Leader = { id: 'other', rpcAddress: '10.0.0.2:4647' };
const HOLD_MS = 5_000;

let clock: SimClock;
/** Who leads, and how those who wait for it hear of it. */
let leads: (leader: Leader | undefined) => void;
/** Heartbeats that were handled here, and those that were passed on, to whom. */
let handled: string[];
let passedOn: string[];
let endpoints: ClusterEndpoints['endpoints'];

beforeEach(() => {
  clock = new SimClock();
  handled = [];
  passedOn = [];
  let leader: Leader | undefined;
  const listeners = new Set<(isLeader: boolean) => void>();
  leads = (next) => {
    leader = next;
    for (const listener of listeners) listener(next === SELF);
  };
  const leadership: Leadership = {
    get isLeader() {
      return leader === SELF;
    },
    term: 0,
    leader: () => leader,
    peers: () => [],
    onDidChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const beat = (nodeId: string) => {
    handled.push(nodeId);
    return Promise.resolve({ index: 0 });
  };
  const call = (address: string) => {
    passedOn.push(address);
    return Promise.resolve({ index: 0 });
  };
  ({ endpoints } = new ClusterEndpoints({
    serverId: 'self',
    leadership,
    clock,
    nodes: { updateStatus: beat } as unknown as NodeRegistry,
    allocations: {} as NodeAllocations,
    reports: {} as AllocReports,
    connections: {} as NodeConnections,
    rpc: { call } as unknown as RpcClient,
  }));
});

function heartbeat({ from = 'client', signal = new AbortController().signal } = {}): Promise<unknown> {
  const endpoint = endpoints.find(({ method }) => method.name === 'Node.UpdateStatus') as RpcUnaryEndpoint;
  const peer = { role: from === 'client' ? 'client' : 'server', id: from };
  return endpoint.handle({ nodeId: 'n', status: 'ready' } as never, { peer, signal } as RpcCallContext);
}

test('the leader answers by itself, and anybody else passes it on to the leader', async () => {
  leads(SELF);
  await heartbeat();
  leads(OTHER);
  await heartbeat();
  expect([handled, passedOn]).toEqual([['n'], [OTHER.rpcAddress]]);
});

test('without a leader a call is held until there is one, here or elsewhere', async () => {
  for (const [leader, expected] of [
    [OTHER, [[], [OTHER.rpcAddress]]],
    [SELF, [['n'], [OTHER.rpcAddress]]],
  ] as const) {
    leads(undefined);
    const held = heartbeat();
    await clock.advance(HOLD_MS - 1);
    leads(leader);
    await held;
    expect([handled, passedOn]).toEqual(expected);
  }
  expect(clock.pending).toBe(0);
});

test('without a leader in five seconds it fails with that, and so does one whose caller has gone', async () => {
  const held = expect(heartbeat()).rejects.toMatchObject({ code: 'NO_LEADER', message: 'No cluster leader' });
  await clock.advance(HOLD_MS);
  await held;
  const caller = new AbortController();
  const gone = expect(heartbeat({ signal: caller.signal })).rejects.toMatchObject({ code: 'NO_LEADER' });
  caller.abort();
  await gone;
  expect([handled, passedOn, clock.pending]).toEqual([[], [], 0]);
});

test('what another server has passed on is neither held nor passed on again', async () => {
  leads(OTHER);
  await heartbeat({ from: 'third' });
  leads(undefined);
  await heartbeat({ from: 'third' });
  // Handled means here: refused by whoever keeps the nodes, as this server does not lead.
  expect([handled, passedOn]).toEqual([['n', 'n'], []]);
});
