import { expect, test } from '@jest/globals';
import { SERVER_TIMING, WAN_TIMING } from '../memberlist/options.js';
import type { MemberlistTiming } from '../memberlist/options.js';
import { simulate } from './simulate.js';

const CONDITIONS = [
  { nodes: 3, latencyMs: 0.5, jitterMs: 0, lossRate: 0.2 },
  { nodes: 5, latencyMs: 0.5, jitterMs: 0, lossRate: 0.05 },
  { nodes: 5, latencyMs: 150, jitterMs: 60, lossRate: 0.1 },
  { nodes: 7, latencyMs: 75, jitterMs: 0, lossRate: 0.2 },
  { nodes: 7, latencyMs: 150, jitterMs: 60, lossRate: 0.05 },
  { nodes: 15, latencyMs: 0.5, jitterMs: 0, lossRate: 0 },
];
const SEEDS = [1, 2];

/** @returns when each killed server was known to be dead to half of the others, added up, and the live ones that were */
async function measure(timing: MemberlistTiming) {
  let [detectionMs, falseDeaths, undetected] = [0, 0, 0];
  for (const { nodes, ...network } of CONDITIONS) {
    for (const seed of SEEDS) {
      const report = await simulate({
        nodes,
        seed,
        timing,
        durationMs: 120_000,
        network,
        // Of three servers all stay, for their quorum; in larger pools one dies, and in every other run one is slow.
        ...(nodes > 3 && { kill: { members: 1, atMs: 60_000 } }),
        ...(nodes > 3 && seed % 2 === 0 && { slow: { members: 1, delayMs: 400 } }),
      });
      detectionMs += report.detection?.median ?? 0;
      falseDeaths += report.falseDeaths;
      undetected += report.undetected;
    }
  }
  return { detectionMs, falseDeaths, undetected };
}

test('the server profile finds a dead server three times as fast as WAN, and holds no live one for dead either', async () => {
  const server = await measure(SERVER_TIMING);
  const wan = await measure(WAN_TIMING);
  expect(server).toMatchObject({ falseDeaths: 0, undetected: 0 });
  expect(wan).toMatchObject({ falseDeaths: 0, undetected: 0 });
  expect(wan.detectionMs / server.detectionMs).toBeGreaterThan(3);
});
