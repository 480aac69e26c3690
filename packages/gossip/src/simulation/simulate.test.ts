import { expect, test } from '@jest/globals';
import { LAN_TIMING, SERVER_TIMING } from '../memberlist/options.js';
import { simulate } from './simulate.js';
import type { SimulationOptions } from './simulate.js';

const OPTIONS: SimulationOptions = {
  nodes: 50,
  seed: 7,
  timing: LAN_TIMING,
  durationMs: 40_000,
  network: { lossRate: 0.05, latencyMs: 1, jitterMs: 3 },
  partitions: [{ members: 15, startMs: 2_000, lengthMs: 10_000 }],
  kill: { members: 2, atMs: 20_000 },
  slow: { members: 1, delayMs: 300 },
  events: 3,
};

test('the same options give the same report to the byte, another seed another one', async () => {
  const [first, second, other] = [
    await simulate(OPTIONS),
    await simulate(OPTIONS),
    await simulate({ ...OPTIONS, seed: 8 }),
  ].map((report) => JSON.stringify(report));
  expect(second).toBe(first);
  expect(other).not.toBe(first);
});

test('an established pool heals from a partition, and what dies after that is found in the time that is expected', async () => {
  const report = await simulate({ ...OPTIONS, network: {}, slow: { members: 1, delayMs: 1 } });
  expect(report).toMatchObject({
    start: 'established pool',
    killed: 2,
    sinceKillMs: 20_000,
    undetected: 0,
    unnoticed: 0,
    falseDeaths: 0,
    healedMs: [expect.any(Number)],
    events: 3,
    eventsRepeated: 0,
  });
  expect(report).not.toHaveProperty('convergedMs');
  expect(report).not.toHaveProperty('joinTraffic');
  // That two members are dead does not make the others less whole.
  expect(report.healedMs[0]).toBeLessThan(15_000);
  const { earliestMs, latestMs } = report.expectedDetection;
  // A probe that was under way when its target died may bring the end forward by what is left of it.
  expect(report.firstDetection?.min).toBeGreaterThan(earliestMs - LAN_TIMING.probeIntervalMs);
  expect(report.firstDetection?.max).toBeLessThan(latestMs);
});

test('what nobody has noticed at the end is told as such', async () => {
  const { partitions: _, ...calm } = OPTIONS;
  const report = await simulate({ ...calm, timing: SERVER_TIMING, durationMs: 25_000 });
  expect(report).toMatchObject({ killed: 2, sinceKillMs: 5_000, undetected: 2, unnoticed: 2 });
  expect(report).not.toHaveProperty('firstDetection');
  expect(report).not.toHaveProperty('detection');
});

test('at rest a pool sends what is expected of it', async () => {
  const { traffic, quietPacketsPerSecond, falseSuspicions } = await simulate({
    nodes: 50,
    seed: 1,
    timing: SERVER_TIMING,
    durationMs: 30_000,
  });
  expect(falseSuspicions).toBe(0);
  expect(Math.abs(traffic.packetsPerSecond / quietPacketsPerSecond - 1)).toBeLessThan(0.02);
});

test('a join storm is told apart, and measured for itself', async () => {
  const report = await simulate({ nodes: 20, seed: 1, timing: LAN_TIMING, durationMs: 5_000, joinStorm: true });
  expect(report).toMatchObject({ start: 'join storm', convergedMs: expect.any(Number) });
  expect(report.joinTraffic?.packetsPerSecond).toBeGreaterThan(report.quietPacketsPerSecond);
});
