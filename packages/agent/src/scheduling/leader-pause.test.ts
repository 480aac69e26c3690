import { expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { EvalBroker, WorkerPoolImpl } from '@steppe/scheduler';
import type { Leadership } from '@steppe/state';
import { SeededRandom, SimClock, RecordingLogger } from '@steppe/testing';
import { LeaderPause } from './leader-pause.js';

/** A server that can gain and lose the lead, and its workers, which find nothing to do. */
async function startServer(clock: SimClock, numSchedulers: number) {
  const random = new SeededRandom(1);
  const broker = new EvalBroker({}, { clock, random });
  broker.setEnabled(true);
  const pool = new WorkerPoolImpl(
    { numSchedulers, enabledSchedulers: [], cpuCount: numSchedulers },
    { source: broker, schedulers: [], clock, random, logger: new RecordingLogger(), metrics: noMetrics },
  );
  let lead: (leads: boolean) => void = () => undefined;
  const leadership: Leadership = {
    isLeader: false,
    term: 1,
    leader: () => undefined,
    peers: () => [],
    onDidChange: (listener) => {
      lead = listener;
      return () => undefined;
    },
  };
  const pause = new LeaderPause({ leadership, pool });
  for (const each of [pause, pool]) await each.start();
  return {
    lead: (leads: boolean) => lead(leads),
    statuses: () => pool.workers().map(({ status }) => status),
    stop: () => Promise.all([pause.stop(), pool.stop()]),
  };
}

test.each([
  [1, 0],
  [2, 1],
  [3, 2],
  [4, 3],
  [8, 6],
  [16, 12],
])(
  'row 140: of three servers with %i workers each the leader pauses its first %i, as long as it leads',
  async (count, paused) => {
    const clock = new SimClock();
    const servers = await Promise.all([1, 2, 3].map(() => startServer(clock, count)));
    const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]];
    const all = Array.from({ length: count }, () => 'Started');
    const leading = all.map((status, i) => (i < paused ? 'Paused' : status));
    const statuses = () => servers.map((each) => each.statuses());
    expect(statuses()).toEqual([all, all, all]);
    first.lead(true);
    await clock.advance(1_000);
    expect(statuses()).toEqual([leading, all, all]);
    first.lead(false);
    second.lead(true);
    await clock.advance(1_000);
    expect(statuses()).toEqual([all, leading, all]);
    for (const each of servers) {
      const stopped = each.stop();
      await clock.advance(500);
      await stopped;
    }
    expect(clock.pending).toBe(0);
  },
);
