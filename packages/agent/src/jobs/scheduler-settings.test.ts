import { beforeEach, expect, test } from '@jest/globals';
import { DEFAULT_SCHEDULER_CONFIGURATION } from '@steppe/domain';
import { noMetrics, silentLogger } from '@steppe/runtime';
import type { Leadership } from '@steppe/state';
import { BUILT_IN_TABLES, EngineStateStore, MemoryEngine } from '@steppe/state';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { schedulerConfiguration } from '../scheduling/region-view.js';
import { SchedulerSettings } from './scheduler-settings.js';

const SPREAD = { ...DEFAULT_SCHEDULER_CONFIGURATION, algorithm: 'spread' };

let isLeader: boolean;
let lead: (leads: boolean) => Promise<void>;
let state: EngineStateStore;
let logger: RecordingLogger;
let clock: SimClock;
beforeEach(async () => {
  isLeader = false;
  clock = new SimClock();
  logger = new RecordingLogger();
  state = new EngineStateStore(
    { tables: BUILT_IN_TABLES },
    { engine: new MemoryEngine(), clock, logger: silentLogger, metrics: noMetrics },
  );
  await state.start();
});

/** Those of a server that is told to begin with something else than the defaults. */
async function start(initial = SPREAD): Promise<SchedulerSettings> {
  const listeners = new Set<(leads: boolean) => void>();
  lead = async (leads) => {
    isLeader = leads;
    for (const listener of listeners) listener(leads);
    await clock.advance(0);
  };
  const leadership: Leadership = {
    get isLeader() {
      return isLeader;
    },
    leader: () => undefined,
    peers: () => [],
    term: 1,
    onDidChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const settings = new SchedulerSettings({ initial }, { state, leadership, clock, logger });
  await settings.start();
  return settings;
}

const current = () => schedulerConfiguration(state.snapshot());

test('the first leader makes them, as its configuration says', async () => {
  const settings = await start();
  expect(current()).toEqual(DEFAULT_SCHEDULER_CONFIGURATION);
  await lead(true);
  expect(current()).toMatchObject({ algorithm: 'spread', createIndex: state.index });
  await settings.stop();
});

test('a server that leads from the start has them then', async () => {
  isLeader = true;
  const settings = await start();
  expect(current().algorithm).toBe('spread');
  await settings.stop();
});

test('those that are there stay, whatever another leader would begin with', async () => {
  isLeader = true;
  const settings = await start();
  await settings.set({ ...current(), rejectJobRegistration: true }, undefined);
  const { index } = state;
  await settings.stop();
  const next = await start(DEFAULT_SCHEDULER_CONFIGURATION);
  await lead(false);
  await lead(true);
  expect(current()).toMatchObject({ algorithm: 'spread', rejectJobRegistration: true });
  expect(state.index).toBe(index);
  await next.stop();
});

test('a leader that cannot write them tries again', async () => {
  const settings = await start();
  const transact = state.transact.bind(state);
  state.transact = () => Promise.reject(new Error('no quorum'));
  await lead(true);
  expect(logger.messages('warn')).toEqual(['settings of schedulers not made']);
  state.transact = transact;
  await clock.advance(5_000);
  expect(current().algorithm).toBe('spread');
  await settings.stop();
});
