import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/testing';
import { assert, boolean, double, integer, property, record } from 'fast-check';
import { FixedRandom } from '../testing/fixed-random.js';
import { HeartbeatDelays } from './heartbeat-delays.js';

const delays = (chance: number, devMode = false) =>
  new HeartbeatDelays({ devMode }, { random: new FixedRandom(chance) });
const contacted = { hasContactedServers: true, noLeader: false };

describe('when to turn to the servers again', () => {
  test.each([
    [0, 0],
    [0.5, 5_000],
  ])('after registering, chance %d: %i ms', (chance, ms) => {
    expect(delays(chance).afterRegistering({ again: false })).toBe(ms);
    expect(delays(chance).afterRegistering({ again: true })).toBe(ms);
  });

  test.each([
    ['never succeeded, earliest', 0, { ...contacted, hasContactedServers: false, leftMs: 0 }, 15_000],
    ['never succeeded, middle', 0.5, { ...contacted, hasContactedServers: false, leftMs: 8_000 }, 22_500],
    ['no leader', 0.5, { ...contacted, noLeader: true, leftMs: -5 }, 22_500],
    ['just missed, earliest', 0, { ...contacted, leftMs: -1 }, 1_000],
    ['missed by 30 s', 0.5, { ...contacted, leftMs: -30_000 }, 1_500],
    ['missed by more', 0.5, { ...contacted, leftMs: -30_001 }, 15_000.5],
    ['missed by much', 0.5, { ...contacted, leftMs: -600_000 }, 27_500],
    ['time left', 0.5, { ...contacted, leftMs: 12_000 }, 6_000],
    ['little time left', 0.5, { ...contacted, leftMs: 1_000 }, 1_500],
    ['no time left', 0.5, { ...contacted, leftMs: 0 }, 1_500],
    ['much time left', 0.5, { ...contacted, leftMs: 100_000 }, 27_500],
    ['30 s by chance', 0.5, { ...contacted, leftMs: 60_000 }, 30_000],
  ])('after a failure: %s', (_, chance, situation, ms) => {
    expect(delays(chance).afterFailure(situation)).toBe(ms);
  });

  test('a development node is ready at once and tries again each second', () => {
    expect(delays(0.9, true).afterRegistering({ again: false })).toBe(0);
    expect(delays(0.9, true).afterRegistering({ again: true })).toBe(1_000);
    expect(delays(0.9, true).afterFailure({ hasContactedServers: false, noLeader: true, leftMs: 0 })).toBe(1_000);
  });

  test('a failure never leads to a rush, nor to more than 30 s', () => {
    const situation = record({
      hasContactedServers: boolean(),
      noLeader: boolean(),
      leftMs: double({ min: -1e9, max: 1e9, noNaN: true }),
    });
    assert(
      property(situation, integer(), boolean(), (given, seed, devMode) => {
        const ms = new HeartbeatDelays({ devMode }, { random: new SeededRandom(seed) }).afterFailure(given);
        expect(ms).toBeGreaterThanOrEqual(1_000);
        expect(ms).toBeLessThanOrEqual(30_000);
      }),
    );
  });
});
