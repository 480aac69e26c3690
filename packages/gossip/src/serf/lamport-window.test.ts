import { describe, expect, test } from '@jest/globals';
import { LamportWindow } from './lamport-window.js';

const newWindow = (): LamportWindow<string> => new LamportWindow({ size: 512, maxPerTime: 3, same: (a, b) => a === b });

describe('LamportWindow', () => {
  test('an item counts once, another of the same time counts too', () => {
    const window = newWindow();
    expect(window.admit(5, 'a', 6)).toBe(true);
    expect(window.admit(5, 'a', 6)).toBe(false);
    expect(window.admit(5, 'b', 6)).toBe(true);
    expect(window.slots()).toEqual([{ lTime: 5, items: ['a', 'b'] }]);
  });

  test('at clock 2001 time 1488 is too old and 1489 is not', () => {
    const window = newWindow();
    expect(window.admit(1488, 'a', 2001)).toBe(false);
    expect(window.admit(1489, 'a', 2001)).toBe(true);
  });

  test('nothing is too old while the clock has not gone around the ring once', () => {
    expect(newWindow().admit(0, 'a', 512)).toBe(true);
  });

  test('a time that falls into the slot of an older one replaces it', () => {
    const window = newWindow();
    window.admit(3, 'old', 4);
    expect(window.admit(515, 'new', 516)).toBe(true);
    expect(window.slots()).toEqual([{ lTime: 515, items: ['new'] }]);
  });

  test('what lies below the minimum is refused, and the minimum never sinks', () => {
    const window = newWindow();
    window.raiseMinimum(10);
    window.raiseMinimum(4);
    expect(window.admit(9, 'a', 11)).toBe(false);
    expect(window.admit(10, 'a', 11)).toBe(true);
  });

  test('no more than the allowed number of items is kept for one time', () => {
    const window = newWindow();
    for (const item of ['a', 'b', 'c']) expect(window.admit(7, item, 8)).toBe(true);
    expect(window.admit(7, 'd', 8)).toBe(false);
    expect(window.slots()[0]?.items).toHaveLength(3);
  });
});
