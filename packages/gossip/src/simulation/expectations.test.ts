import { expect, test } from '@jest/globals';
import { LAN_TIMING, WAN_TIMING } from '../memberlist/options.js';
import { expectedDetection, expectedDisseminationMs } from './expectations.js';

test('three LAN members: nobody can confirm, so the suspicion is the shortest', () => {
  expect(expectedDetection(3, LAN_TIMING)).toMatchObject({ earliestMs: 5_000, latestMs: 8_000 });
  expect(expectedDetection(3, LAN_TIMING).typicalMs).toBeCloseTo(1_000 / 0.75 + 1_000 + 4_000);
});

test('a hundred LAN members: two confirmations come before the shortest suspicion is over', () => {
  const { earliestMs, typicalMs } = expectedDetection(100, LAN_TIMING);
  expect(earliestMs).toBe(9_000);
  expect(typicalMs).toBeGreaterThan(10_500);
  expect(typicalMs).toBeLessThan(10_650);
});

test('WAN timing takes more than half a minute', () => {
  expect(expectedDetection(5, WAN_TIMING).typicalMs).toBeGreaterThan(30_000);
});

test('news spreads in a time that grows with the logarithm of the pool', () => {
  const [ten, thousand] = [10, 1_000].map((n) => expectedDisseminationMs(n, LAN_TIMING)) as [number, number];
  expect(thousand / ten).toBeCloseTo(3);
});
