import { expect, test } from '@jest/globals';
import { SeededRandom } from './seeded-random.js';
import { SimClock } from './sim-clock.js';

test('timers fire in order of due time, equal ones in order of creation, each at its own time', async () => {
  const clock = new SimClock(1_000);
  const fired: string[] = [];
  const note = (name: string) => () => fired.push(`${name}@${clock.now()}`);
  clock.setTimer(20, note('late'));
  clock.setTimer(10, note('first'));
  clock.setTimer(10, note('second'));
  clock.setTimer(15, note('cancelled')).cancel();
  await clock.advance(10);
  expect(fired).toEqual(['first@1010', 'second@1010']);
  await clock.advance(100);
  expect(fired).toEqual(['first@1010', 'second@1010', 'late@1020']);
  expect(clock.monotonic()).toBe(110);
  expect(clock.pending).toBe(0);
});

test('a ticker fires every period until it is cancelled, from within too', async () => {
  const clock = new SimClock(0);
  const at: number[] = [];
  const ticker = clock.setTicker(5, () => {
    at.push(clock.now());
    if (at.length === 3) ticker.cancel();
  });
  await clock.advance(100);
  expect(at).toEqual([5, 10, 15]);
  expect(clock.pending).toBe(0);
});

test('promises settle between timers', async () => {
  const clock = new SimClock(0);
  const log: string[] = [];
  clock.setTimer(1, () => void Promise.resolve().then(() => log.push('continuation')));
  clock.setTimer(2, () => log.push('next timer'));
  await clock.advance(2);
  expect(log).toEqual(['continuation', 'next timer']);
});

test('a timer that rearms itself at once is an error, not a hang', async () => {
  const clock = new SimClock(0, { maxEvents: 1_000 });
  const rearm = (): void => void clock.setTimer(0, rearm);
  rearm();
  await expect(clock.advance(1)).rejects.toThrow('more than 1000 events');
});

test('order holds among many timers, some of them cancelled', async () => {
  const clock = new SimClock(0);
  const random = new SeededRandom(7);
  const expected: [number, number][] = [];
  const fired: [number, number][] = [];
  for (let i = 0; i < 3_000; i += 1) {
    const at = Math.floor(random.next() * 200);
    const timer = clock.setTimer(at, () => fired.push([clock.now(), i]));
    if (random.next() < 0.9) timer.cancel();
    else expected.push([at, i]);
  }
  expect(clock.pending).toBe(expected.length);
  await clock.advance(200);
  expect(fired).toEqual(expected.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
  expect(clock.pending).toBe(0);
});

test('cancelling twice, or after the timer fired, changes nothing', async () => {
  const clock = new SimClock(0);
  const timer = clock.setTimer(1, () => undefined);
  const other = clock.setTimer(2, () => undefined);
  await clock.advance(1);
  timer.cancel();
  expect(clock.pending).toBe(1);
  other.cancel();
  other.cancel();
  expect(clock.pending).toBe(0);
});
