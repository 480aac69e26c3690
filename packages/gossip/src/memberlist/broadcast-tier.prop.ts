import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BroadcastTier } from './broadcast-tier.js';

interface Item {
  readonly length: number;
  readonly sequence: number;
}

const largestFirst = (a: Item, b: Item): number => b.length - a.length || b.sequence - a.sequence;

test('behaves like a sorted list under any sequence of additions, removals and takes', () => {
  const item = fc.record({ length: fc.integer({ min: 0, max: 8 }), sequence: fc.integer({ min: 0, max: 40 }) });
  const step = fc.tuple(fc.constantFrom('add', 'delete', 'take'), item);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const tier = new BroadcastTier<Item>();
      let model: Item[] = [];
      const known = ({ sequence }: Item): Item | undefined => model.find((other) => other.sequence === sequence);
      for (const [what, given] of steps) {
        const there = known(given);
        if (what === 'add' && there === undefined) {
          tier.add(given);
          model = [...model, given].sort(largestFirst);
        } else if (what === 'delete') {
          const same = there?.length === given.length;
          expect(tier.delete(given)).toBe(same);
          if (same) model = model.filter((other) => other !== there);
        } else if (what === 'take') {
          const expected = model.find(({ length }) => length <= given.length);
          expect(tier.takeLargest(given.length)).toBe(expected);
          model = model.filter((other) => other !== expected);
        }
        expect(tier.smallest()).toBe(model.at(-1));
        expect(tier.isEmpty).toBe(model.length === 0);
      }
    }),
  );
});
