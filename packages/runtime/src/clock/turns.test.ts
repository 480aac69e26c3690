import { expect, test } from '@jest/globals';
import type { Clock } from './clock.js';
import { Turns } from './turns.js';

/** A clock that is set by hand; timers fire as soon as others have had a turn. */
function clockAt() {
  const time = { ms: 0 };
  const clock: Pick<Clock, 'monotonic' | 'setTimer'> = {
    monotonic: () => time.ms,
    setTimer: (ms, callback) => {
      const timer = setImmediate(callback);
      time.ms += ms;
      return { cancel: () => clearImmediate(timer) };
    },
  };
  return { clock: clock as Clock, time };
}

test('a turn is over after its time, and another begins once others have had theirs', async () => {
  const { clock, time } = clockAt();
  const turns = new Turns(clock);
  time.ms = 4;
  expect(turns.isOver).toBe(false);
  time.ms = 5;
  expect(turns.isOver).toBe(true);
  let others = 0;
  setImmediate(() => (others += 1));
  await turns.next();
  expect([others, turns.isOver]).toEqual([1, false]);
  time.ms = 10;
  expect(turns.isOver).toBe(true);
});

test('waiting for the next turn ends with the signal', async () => {
  const turns = new Turns(clockAt().clock, 1);
  await expect(turns.next({ signal: AbortSignal.abort(new Error('the lead is lost')) })).rejects.toThrow(
    'the lead is lost',
  );
});
