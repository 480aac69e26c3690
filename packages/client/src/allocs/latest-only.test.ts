import { expect, test } from '@jest/globals';
import { LatestOnly } from './latest-only.js';

test('those who ask while it runs share one more run, which begins after they asked', async () => {
  const ends: (() => void)[] = [];
  let runs = 0;
  const saves = new LatestOnly(() => {
    runs += 1;
    return new Promise((resolve) => ends.push(resolve));
  });
  const first = saves.request();
  await Promise.resolve();
  const second = saves.request();
  expect(saves.request()).toBe(second);
  expect(runs).toBe(1);
  ends[0]?.();
  await first;
  await Promise.resolve();
  expect(runs).toBe(2);
  ends[1]?.();
  await second;
});
