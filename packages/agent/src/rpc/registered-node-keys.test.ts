import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { noMetrics, silentLogger } from '@steppe/runtime';
import { EngineStateStore, MemoryEngine, NODE_SECRETS } from '@steppe/state';
import { SimClock } from '@steppe/testing';
import { RegisteredNodeKeys } from './registered-node-keys.js';

const clock = new SimClock();
let state: EngineStateStore;
let keys: RegisteredNodeKeys;
const never = new AbortController().signal;
const register = (nodeId: string) => state.transact((tx) => tx.put(NODE_SECRETS, { nodeId, digest: `d-${nodeId}` }));

beforeEach(async () => {
  const deps = { engine: new MemoryEngine(), clock, logger: silentLogger, metrics: noMetrics };
  state = new EngineStateStore({ tables: [NODE_SECRETS] }, deps);
  await state.start();
  keys = new RegisteredNodeKeys(state);
});
afterEach(() => state.stop());

test('a node that has registered has the digest of its secret for a key', async () => {
  await register('n');
  expect(await keys.keyOf('n', never)).toBe('d-n');
});

test('a node that registers at the same time is waited for, whoever else does', async () => {
  await register('other');
  const key = keys.keyOf('n', never);
  await register('third');
  await register('n');
  expect(await key).toBe('d-n');
  expect(clock.pending).toBe(0);
});

test('one that does not register has no key after three seconds, and none once it is gone', async () => {
  const key = keys.keyOf('n', never);
  await clock.advance(3_000);
  expect(await key).toBeUndefined();
  const gone = new AbortController();
  const other = keys.keyOf('n', gone.signal);
  gone.abort();
  expect(await other).toBeUndefined();
  expect(clock.pending).toBe(0);
});
