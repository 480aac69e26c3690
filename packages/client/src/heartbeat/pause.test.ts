import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { Pause } from './pause.js';

const create = () => {
  const clock = new SimClock();
  const pause = new Pause({ clock });
  const begin = (ms: number): { ended: boolean } => {
    const state = { ended: false };
    const run = async (): Promise<void> => {
      await pause.wait(ms);
      state.ended = true;
    };
    void run();
    return state;
  };
  return { begin, clock, pause };
};

test('a wait ends after its time', async () => {
  const { begin, clock } = create();
  const wait = begin(100);
  await clock.advance(99);
  expect(wait.ended).toBe(false);
  await clock.advance(1);
  expect(wait.ended).toBe(true);
});

test('a wait ends as soon as somebody wakes it, and leaves no timer', async () => {
  const { begin, clock, pause } = create();
  const wait = begin(100);
  pause.wake();
  await clock.advance(0);
  expect(wait.ended).toBe(true);
  expect(clock.pending).toBe(0);
});

test('a wake-up while nobody waits counts once, for the next wait', async () => {
  const { begin, clock, pause } = create();
  pause.wake();
  const first = begin(100);
  await clock.advance(0);
  expect(first.ended).toBe(true);
  const second = begin(100);
  await clock.advance(99);
  expect(second.ended).toBe(false);
  await clock.advance(1);
  expect(second.ended).toBe(true);
});

test('no time is no wait', async () => {
  const { clock, pause } = create();
  await pause.wait(0);
  expect(clock.pending).toBe(0);
});
