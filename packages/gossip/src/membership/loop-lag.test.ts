import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { LoopLag } from './loop-lag.js';

/** A clock whose event loop can be late. */
class LateClock extends SimClock {
  lateMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.lateMs;
  }
}

test('tells how late each timer fires, until it is stopped', async () => {
  const clock = new LateClock();
  const readings: number[] = [];
  const lag = new LoopLag({ clock, onLag: (ms) => void readings.push(ms) });
  lag.start();
  await clock.advance(250);
  expect(readings).toEqual([0, 0]);
  clock.lateMs = 700;
  await clock.advance(50);
  expect(readings).toEqual([0, 0, 700]);
  lag.stop();
  await clock.advance(1_000);
  expect(readings).toHaveLength(3);
  expect(clock.pending).toBe(0);
});
