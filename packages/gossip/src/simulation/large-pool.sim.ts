import { expect, test } from '@jest/globals';
import { LAN_TIMING } from '../memberlist/options.js';
import { simulate } from './simulate.js';

test('a thousand members find five dead ones in time, hold no live one for dead, and hear of everything', async () => {
  const report = await simulate({
    nodes: 1_000,
    seed: 7,
    timing: LAN_TIMING,
    durationMs: 22_000,
    kill: { members: 5, atMs: 500 },
    events: 2,
  });
  expect(report).toMatchObject({
    start: 'established pool',
    killed: 5,
    undetected: 0,
    falseDeaths: 0,
    falseSuspicions: 0,
    eventsMissed: 0,
    eventsRepeated: 0,
  });
  const { earliestMs, typicalMs } = report.expectedDetection;
  expect(report.firstDetection?.min).toBeGreaterThan(earliestMs - LAN_TIMING.probeIntervalMs);
  expect(report.firstDetection?.median).toBeLessThan(1.5 * typicalMs);
  expect(report.dissemination?.max).toBeLessThan(5 * report.expectedDisseminationMs);
});
