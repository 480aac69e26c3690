import { expect, test } from '@jest/globals';
import { Awareness } from './awareness.js';

test('the score stays between 0 and one below the maximum, and changes are told', () => {
  const told: number[] = [];
  const awareness = new Awareness(8, (score) => told.push(score));
  awareness.adjust(-1);
  awareness.adjust(3);
  awareness.adjust(100);
  awareness.adjust(1);
  awareness.adjust(-2);
  expect(told).toEqual([3, 7, 5]);
  expect(awareness.score).toBe(5);
});

test('a healthy node waits the plain time, one with score 3 four times as long', () => {
  const awareness = new Awareness(8);
  expect(awareness.scale(1_000)).toBe(1_000);
  awareness.adjust(3);
  expect(awareness.scale(1_000)).toBe(4_000);
});
