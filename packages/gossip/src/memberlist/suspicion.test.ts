import { describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { LAN_TIMING, LOCAL_TIMING, WAN_TIMING } from './options.js';
import { Suspicion, suspicionBounds, suspicionTimeoutMs } from './suspicion.js';

describe('the bounds of a suspicion', () => {
  test.each([
    ['LAN', LAN_TIMING, 10, 2, 4_000, 24_000],
    ['LAN', LAN_TIMING, 100, 2, 8_000, 48_000],
    ['LAN', LAN_TIMING, 1_000, 2, 12_000, 72_000],
    ['WAN', WAN_TIMING, 10, 4, 30_000, 180_000],
    ['WAN', WAN_TIMING, 1_000, 4, 90_000, 540_000],
    ['local', LOCAL_TIMING, 100, 1, 6_000, 36_000],
  ])('%s timing among %p.%# nodes', (_, timing, n, confirmations, minMs, maxMs) => {
    expect(suspicionBounds(n, timing)).toEqual({ confirmations, minMs, maxMs });
  });

  test.each([
    [LAN_TIMING, 3, 0],
    [LAN_TIMING, 4, 2],
    [WAN_TIMING, 5, 0],
    [WAN_TIMING, 6, 4],
    [LOCAL_TIMING, 2, 0],
    [LOCAL_TIMING, 3, 1],
  ])('nobody is waited for where too few could confirm (%#)', (timing, n, confirmations) => {
    expect(suspicionBounds(n, timing).confirmations).toBe(confirmations);
  });

  test('the logarithm is cut to three decimals', () => {
    expect(suspicionBounds(20, LAN_TIMING).minMs).toBeCloseTo(4 * 1.301 * 1_000, 6);
  });

  test('LAN among ten: 24 s alone, 11.38 s with one confirmation, 4 s with two', () => {
    const bounds = suspicionBounds(10, LAN_TIMING);
    expect([0, 1, 2].map((confirmed) => suspicionTimeoutMs(bounds, confirmed))).toEqual([24_000, 11_381, 4_000]);
    expect(suspicionTimeoutMs(suspicionBounds(3, LAN_TIMING), 0)).toBe(4_000);
  });
});

describe('a running suspicion', () => {
  const bounds = suspicionBounds(10, LAN_TIMING);
  const start = () => {
    const clock = new SimClock(0);
    const fired: number[] = [];
    const suspicion = new Suspicion({ from: 'a', incarnation: 5 }, bounds, clock, () => fired.push(clock.now()));
    return { clock, fired, suspicion };
  };

  test('fires after the longest time when nobody confirms', async () => {
    const { clock, fired } = start();
    await clock.advance(60_000);
    expect(fired).toEqual([24_000]);
  });

  test('only accusers not heard before count, and only as many as wanted', async () => {
    const { clock, fired, suspicion } = start();
    await clock.advance(1_000);
    expect(['a', 'b', 'b', 'c', 'd'].map((from) => suspicion.confirm(from))).toEqual([false, true, false, true, false]);
    expect(suspicion.confirmed).toBe(2);
    await clock.advance(60_000);
    expect(fired).toEqual([4_000]);
  });

  test('a confirmation after the time it leaves fires at once, but not from within', async () => {
    const { clock, fired, suspicion } = start();
    await clock.advance(15_000);
    suspicion.confirm('b');
    expect(fired).toEqual([]);
    await clock.advance(0);
    expect(fired).toEqual([15_000]);
  });

  test('its record says who accused when, and how it ended', async () => {
    const { clock, fired, suspicion } = start();
    await clock.advance(500);
    suspicion.confirm('b');
    expect(suspicion.record()).toEqual({
      incarnation: 5,
      since: 0,
      accusers: [
        { name: 'a', at: 0 },
        { name: 'b', at: 500 },
      ],
      outcome: 'pending',
    });
    suspicion.end('refuted');
    await clock.advance(60_000);
    expect(fired).toEqual([]);
    expect(suspicion.record()).toMatchObject({ outcome: 'refuted', endedAt: 500 });
  });
});
