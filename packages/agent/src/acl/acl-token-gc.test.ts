import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeAclToken } from '@steppe/domain';
import { noMetrics } from '@steppe/runtime';
import type { Leadership } from '@steppe/state';
import { ACL_TOKENS, BUILT_IN_TABLES, EngineStateStore, MemoryEngine, ONE_TIME_TOKENS } from '@steppe/state';
import { RecordingLogger, SimClock } from '@steppe/testing';
import type { AclTokenGcOptions } from './acl-token-gc.js';
import { AclTokenGc } from './acl-token-gc.js';

const HOUR_MS = 3_600_000;

let clock: SimClock;
let state: EngineStateStore;
const leadership: { isLeader: boolean } & Leadership = {
  isLeader: true,
  term: 1,
  leader: () => undefined,
  peers: () => [],
  onDidChange: () => () => undefined,
};
beforeEach(async () => {
  clock = new SimClock();
  leadership.isLeader = true;
  state = new EngineStateStore(
    { tables: BUILT_IN_TABLES },
    { engine: new MemoryEngine(), clock, logger: new RecordingLogger(), metrics: noMetrics },
  );
  await state.start();
});

const gc = (options: Partial<AclTokenGcOptions> = {}) =>
  new AclTokenGc(
    { thresholdMs: HOUR_MS, isAuthoritative: true, ...options },
    { state, leadership, clock, logger: new RecordingLogger() },
  );
const iso = (ms: number): string => new Date(ms).toISOString();
const add = (accessor: string, wire: object) =>
  state.transact((tx) =>
    tx.put(ACL_TOKENS, decodeAclToken({ AccessorID: accessor, SecretID: accessor, Type: 'management', ...wire })),
  );
const left = (): readonly string[] =>
  state
    .snapshot()
    .rows(ACL_TOKENS)
    .map(({ accessorId }) => accessorId);

describe('AclTokenGc', () => {
  test('removes what has expired and is old enough, and nothing else', async () => {
    const now = clock.now();
    const old = { CreateTime: iso(now - 2 * HOUR_MS) };
    await add('expired', { ...old, ExpirationTime: iso(now - 1) });
    await add('good', { ...old, ExpirationTime: iso(now + 1_000) });
    await add('for-ever', old);
    await add('young', { CreateTime: iso(now - HOUR_MS / 2), ExpirationTime: iso(now - 1) });
    expect(await gc().collectTokens()).toBe(1);
    expect(left()).toEqual(['for-ever', 'good', 'young']);
  });

  test('leaves global tokens to the region that owns them', async () => {
    const now = clock.now();
    await add('global', { CreateTime: iso(now - 2 * HOUR_MS), ExpirationTime: iso(now - 1), Global: true });
    expect(await gc({ isAuthoritative: false }).collectTokens()).toBe(0);
    expect(await gc().collectTokens()).toBe(1);
  });

  test('removes at most 4096 at a time', async () => {
    const now = clock.now();
    await state.transact((tx) => {
      for (let i = 0; i < 4_100; i += 1) {
        const id = `${i}`.padStart(4, '0');
        const times = { CreateTime: iso(now - 2 * HOUR_MS), ExpirationTime: iso(now - 1) };
        tx.put(ACL_TOKENS, decodeAclToken({ AccessorID: id, SecretID: id, Type: 'management', ...times }));
      }
    });
    expect([await gc().collectTokens(), await gc().collectTokens()]).toEqual([4_096, 4]);
  });

  test('works every few minutes, on the leader only', async () => {
    const now = clock.now();
    await add('expired', { CreateTime: iso(now - 2 * HOUR_MS), ExpirationTime: iso(now - 1) });
    await state.transact((tx) => tx.put(ONE_TIME_TOKENS, { accessorId: 'a', digest: 'd', expiresAtMs: now - 1 }));
    const service = gc();
    await service.start();
    leadership.isLeader = false;
    await clock.advance(11 * 60_000);
    expect(left()).toEqual(['expired']);
    leadership.isLeader = true;
    await clock.advance(11 * 60_000);
    expect(left()).toEqual([]);
    expect(state.snapshot().count(ONE_TIME_TOKENS)).toBe(0);
    await service.stop();
    expect(clock.pending).toBe(0);
  });
});
