import { expect, test } from '@jest/globals';
import { frame } from '../testing/sample-profile.js';
import { StackTotals } from './stack-totals.js';

test('stacks add up by frames and labels; beyond the limit the sums stay true', () => {
  const totals = new StackTotals(2);
  const of = (name: string, thread: string, ...values: number[]) => ({
    stack: [frame(name)],
    values,
    labels: { thread },
  });
  for (const sample of [of('a', 'x', 1, 10), of('a', 'y', 2, 20), of('a', 'x', 3, 30), of('b', 'x', 4, 40)]) {
    totals.add(sample);
  }
  totals.add(of('c', 'x', 5, 50));
  totals.add(of('a', 'y', 6, 60));
  expect(totals.samples()).toEqual([
    of('a', 'x', 4, 40),
    of('a', 'y', 8, 80),
    { stack: [{ functionName: '(other)', file: '', line: 0 }], values: [9, 90] },
  ]);
});
