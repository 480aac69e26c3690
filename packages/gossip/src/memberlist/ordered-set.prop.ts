import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OrderedSet } from './ordered-set.js';

test('behaves like a sorted list under any sequence of additions and removals', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 60 })), { maxLength: 300 });
  fc.assert(
    fc.property(steps, fc.integer({ min: -1, max: 61 }), (operations, bound) => {
      const set = new OrderedSet<number>((a, b) => a - b);
      const model = new Set<number>();
      for (const [add, value] of operations) {
        if (add && !model.has(value)) set.add(value);
        else if (!add) expect(set.delete(value)).toBe(model.has(value));
        if (add) model.add(value);
        else model.delete(value);
      }
      const sorted = [...model].sort((a, b) => a - b);
      expect([...set]).toEqual(sorted);
      expect(set.size).toBe(sorted.length);
      expect(set.last()).toBe(sorted.at(-1));
      expect(set.firstWhere((value) => value >= bound)).toBe(sorted.find((value) => value >= bound));
    }),
  );
});
