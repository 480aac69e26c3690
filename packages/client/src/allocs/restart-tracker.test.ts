import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { FixedRandom } from '../testing/fixed-random.js';
import { RestartTracker } from './restart-tracker.js';

const create = (policy: { attempts?: number; mode?: string } = {}, { onSuccess = true, chance = 0 } = {}) => {
  const clock = new SimClock();
  const tracker = new RestartTracker(
    {
      policy: { attempts: 2, intervalMs: 60_000, delayMs: 10_000, mode: 'fail', renderTemplates: false, ...policy },
      onSuccess,
    },
    { clock, random: new FixedRandom(chance) },
  );
  return { clock, tracker };
};

const bad = { succeeded: false };

test('restarts wait the delay of the policy, and up to a quarter more', () => {
  expect(create().tracker.ended(bad)).toEqual({ action: 'restart', delayMs: 10_000, reason: 'Restart within policy' });
  expect(create({}, { chance: 0.999 }).tracker.ended(bad)).toMatchObject({ delayMs: 12_497.5 });
});

test('mode fail ends it when the attempts of an interval are used up', async () => {
  const { clock, tracker } = create();
  for (const _ of [1, 2]) expect(tracker.ended(bad)).toMatchObject({ action: 'restart' });
  expect(tracker.ended(bad)).toEqual({
    action: 'fail',
    reason: 'Exceeded allowed attempts 2 in interval 1m0s and mode is "fail"',
  });
  await clock.advance(60_001);
  expect(tracker.ended(bad)).toMatchObject({ action: 'restart' });
});

test('mode delay waits for the next interval instead', async () => {
  const { clock, tracker } = create({ mode: 'delay' });
  for (const _ of [1, 2]) tracker.ended(bad);
  await clock.advance(20_000);
  expect(tracker.ended(bad)).toMatchObject({ action: 'restart', delayMs: 40_000 });
});

test('no attempts: it ends at once', () => {
  expect(create({ attempts: 0 }).tracker.ended(bad)).toEqual({ action: 'fail', reason: 'Policy allows no restarts' });
});

test('what ended well is done, unless it is to run for ever', () => {
  expect(create({}, { onSuccess: false }).tracker.ended({ succeeded: true })).toEqual({ action: 'complete' });
  expect(create().tracker.ended({ succeeded: true })).toMatchObject({ action: 'restart' });
});

test('what can never start is not tried again', () => {
  const { tracker } = create();
  expect(tracker.notStarted({ recoverable: false })).toEqual({ action: 'fail', reason: 'Error was unrecoverable' });
  expect(tracker.notStarted({ recoverable: true })).toMatchObject({ action: 'restart' });
});

test('another policy counts what was counted under the one before', () => {
  const { tracker } = create();
  tracker.ended(bad);
  const policy = { attempts: 1, intervalMs: 60_000, delayMs: 1, mode: 'fail', renderTemplates: false };
  tracker.update({ policy, onSuccess: true });
  expect(tracker.ended(bad)).toMatchObject({ action: 'fail' });
});
