import { expect, test } from '@jest/globals';
import { sleep } from './clock.js';
import { SystemClock } from './system-clock.js';

test('sleep ends after its time, and at once when aborted, with the reason', async () => {
  const clock = new SystemClock();
  const before = clock.monotonic();
  await sleep(clock, 5);
  expect(clock.monotonic() - before).toBeGreaterThanOrEqual(4);
  const abort = new AbortController();
  const sleeping = sleep(clock, 60_000, { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  await expect(sleep(clock, 60_000, { signal: abort.signal })).rejects.toThrow('enough');
});

test('the wall clock agrees with the system', () => {
  expect(Math.abs(new SystemClock().now() - Date.now())).toBeLessThan(1_000);
});
