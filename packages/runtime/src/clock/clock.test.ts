import { afterEach, expect, jest, test } from '@jest/globals';
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

afterEach(() => void jest.useRealTimers());

test.each([
  ['timer', 1],
  ['ticker', 3],
])('a %s of a hundred days does not fire at once', (kind, times) => {
  jest.useFakeTimers();
  const timeouts = jest.spyOn(globalThis, 'setTimeout');
  const dayMs = 86_400_000;
  let fired = 0;
  const clock = new SystemClock();
  const set = kind === 'timer' ? clock.setTimer.bind(clock) : clock.setTicker.bind(clock);
  const timer = set(100 * dayMs, () => (fired += 1));
  jest.advanceTimersByTime(100 * dayMs - 1);
  expect(fired).toBe(0);
  jest.advanceTimersByTime(1);
  expect(fired).toBe(1);
  jest.advanceTimersByTime(200 * dayMs);
  expect(fired).toBe(times);
  for (const [, ms] of timeouts.mock.calls) expect(ms).toBeLessThan(2 ** 31);
  timer.cancel();
  expect(jest.getTimerCount()).toBe(0);
});

test('a timer of a hundred days is cancelled at any time', () => {
  jest.useFakeTimers();
  const timer = new SystemClock().setTimer(100 * 86_400_000, () => {
    throw new Error('it was cancelled');
  });
  jest.advanceTimersByTime(60 * 86_400_000);
  timer.cancel();
  expect(jest.getTimerCount()).toBe(0);
});
