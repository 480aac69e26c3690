import { expect, test } from '@jest/globals';
import { LAN_TIMING } from '../memberlist/options.js';
import type { MemberlistTiming } from '../memberlist/options.js';
import { simulate } from './simulate.js';

/** Quicker than on a LAN, so that less time has to pass. */
const TIMING: MemberlistTiming = { ...LAN_TIMING, probeIntervalMs: 500, probeTimeoutMs: 250, suspicionMult: 3 };

/** `npm run large-pools` tries a thousand, and more of them. */
test('five hundred members find three dead ones in time, hold no live one for dead, and hear of everything', async () => {
  const report = await simulate({
    nodes: 500,
    seed: 7,
    timing: TIMING,
    durationMs: 7_000,
    kill: { members: 3, atMs: 100 },
    events: 1,
  });
  expect(report).toMatchObject({
    start: 'established pool',
    killed: 3,
    undetected: 0,
    falseDeaths: 0,
    falseSuspicions: 0,
    eventsMissed: 0,
    eventsRepeated: 0,
  });
  const { earliestMs, typicalMs } = report.expectedDetection;
  expect(report.firstDetection?.min).toBeGreaterThan(earliestMs - TIMING.probeIntervalMs);
  expect(report.firstDetection?.median).toBeLessThan(1.5 * typicalMs);
  expect(report.dissemination?.max).toBeLessThan(5 * report.expectedDisseminationMs);
});
