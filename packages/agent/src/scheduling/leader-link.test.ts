import { expect, test } from '@jest/globals';
import type { RpcCallOptions, RpcClient } from '@steppe/rpc';
import type { SchedulingEntrance } from '@steppe/scheduler';
import type { Leader, Leadership } from '@steppe/state';
import { SimClock } from '@steppe/testing';
import { LeaderLink } from './leader-link.js';
import type { StateRegionStore } from './state-region-store.js';

const SELF: Leader = { id: 'self', rpcAddress: '10.0.0.1:4647' };
const FROZEN: Leader = { id: 'frozen', rpcAddress: '10.0.0.2:4647' };

/** A link to a leader that takes calls and never answers one, until another leader is there. */
function setUp() {
  const clock = new SimClock();
  let leader: Leader | undefined = FROZEN;
  const listeners = new Set<(isLeader: boolean) => void>();
  const leadership: Leadership = {
    get isLeader() {
      return leader === SELF;
    },
    term: 1,
    leader: () => leader,
    peers: () => [],
    onDidChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const asked: string[] = [];
  const rpc = {
    call: (address: string, _method: object, _request: object, { signal }: RpcCallOptions) => {
      asked.push(address);
      return new Promise((_, reject) => {
        if (signal?.aborted === true) reject(signal.reason as Error);
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      });
    },
  };
  const link = new LeaderLink({
    serverId: SELF.id,
    entrance: { dequeue: async () => undefined } as unknown as SchedulingEntrance,
    store: {} as StateRegionStore,
    leadership,
    rpc: rpc as unknown as RpcClient,
    clock,
  });
  const lead = (next: Leader | undefined): void => {
    leader = next;
    for (const listener of listeners) listener(next === SELF);
  };
  const stopping = new AbortController();
  const dequeue = () => link.dequeue(['service'], { timeoutMs: 500, signal: stopping.signal });
  return { asked, clock, dequeue, lead, listeners, stopping };
}

test('whoever waits for an evaluation of a leader that does not answer gives up once somebody else leads', async () => {
  const { asked, clock, dequeue, lead, listeners } = setUp();
  const waiting = dequeue();
  let isOver = false;
  const outcome = waiting.catch((error: unknown) => error).finally(() => (isOver = true));
  await clock.advance(0);
  lead(undefined);
  lead(FROZEN);
  await clock.advance(0);
  expect(isOver).toBe(false);
  lead(SELF);
  expect(await outcome).toMatchObject({ code: 'NO_LEADER' });
  expect(asked).toEqual([FROZEN.rpcAddress]);
  expect(await dequeue()).toBeUndefined();
  expect(listeners.size).toBe(0);
});

test('and once the worker stops, before or while it waits', async () => {
  const { clock, dequeue, listeners, stopping } = setUp();
  const waiting = expect(dequeue()).rejects.toThrow('stopping');
  await clock.advance(0);
  stopping.abort(new Error('stopping'));
  await waiting;
  await expect(dequeue()).rejects.toThrow('stopping');
  expect(listeners.size).toBe(0);
});
