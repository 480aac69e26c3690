import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { TurnClock } from './turn-clock.js';

test('what is wanted at once is done in order and in one turn, what that wants a turn later', async () => {
  const below = new SimClock();
  const clock = new TurnClock(below);
  const log: string[] = [];
  clock.setTimer(0, () => {
    log.push('first');
    clock.setTimer(0, () => log.push('wanted by the first'));
  });
  clock.setTimer(0, () => log.push('cancelled')).cancel();
  clock.setTimer(5, () => log.push('later'));
  clock.setTimer(0, () => log.push('second'));
  expect(below.pending).toBe(2);
  await below.advance(0);
  expect(log).toEqual(['first', 'second', 'wanted by the first']);
  await below.advance(5);
  expect(log.at(-1)).toBe('later');
  expect(clock.monotonic()).toBe(below.monotonic());
});

test('a call can be cancelled by one before it in the same turn', async () => {
  const below = new SimClock();
  const clock = new TurnClock(below);
  const log: string[] = [];
  clock.setTimer(0, () => second.cancel());
  const second = clock.setTimer(0, () => log.push('second'));
  await below.advance(1);
  expect(log).toEqual([]);
});
