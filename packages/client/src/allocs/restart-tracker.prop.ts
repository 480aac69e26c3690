import { expect, test } from '@jest/globals';
import { SeededRandom, SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { RestartTracker } from './restart-tracker.js';

const RUNS_MS = fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 1, maxLength: 40 });
const POLICY = fc.record({
  attempts: fc.integer({ min: 1, max: 5 }),
  intervalMs: fc.integer({ min: 5_000, max: 60_000 }),
  delayMs: fc.integer({ min: 0, max: 5_000 }),
  mode: fc.constantFrom('fail', 'delay'),
  renderTemplates: fc.constant(false),
});

test('no interval has more restarts than attempts, and mode delay never gives up', async () => {
  await fc.assert(
    fc.asyncProperty(POLICY, RUNS_MS, fc.integer(), async (policy, runs, seed) => {
      const clock = new SimClock();
      const tracker = new RestartTracker({ policy, onSuccess: true }, { clock, random: new SeededRandom(seed) });
      const startedMs: number[] = [];
      for (const runMs of runs) {
        await clock.advance(runMs);
        const decision = tracker.ended({ succeeded: false });
        if (decision.action !== 'restart') {
          expect([decision.action, policy.mode]).toEqual(['fail', 'fail']);
          break;
        }
        expect(decision.delayMs).toBeGreaterThanOrEqual(0);
        await clock.advance(decision.delayMs);
        startedMs.push(clock.monotonic());
      }
      // Two intervals may lie side by side, so twice the attempts, and one that waited for the interval to end.
      for (const from of startedMs) {
        const within = startedMs.filter((at) => at >= from && at < from + policy.intervalMs);
        expect(within.length).toBeLessThanOrEqual(2 * policy.attempts + 1);
      }
    }),
    { numRuns: 200 },
  );
});
