import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BroadcastTier } from './broadcast-tier.js';

interface Item {
  readonly length: number;
  readonly sequence: number;
}

const OVERHEAD = 2;
const largestFirst = (a: Item, b: Item): number => b.length - a.length || b.sequence - a.sequence;

test('behaves like a sorted list under any sequence of additions, removals and takes', () => {
  const item = fc.record({ length: fc.integer({ min: 0, max: 8 }), sequence: fc.integer({ min: 0, max: 40 }) });
  const step = fc.tuple(fc.constantFrom('add', 'delete', 'take largest', 'take smallest'), item);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const tier = new BroadcastTier<Item>();
      let model: Item[] = [];
      for (const [what, given] of steps) {
        const there = model.find(({ sequence }) => sequence === given.sequence);
        if (what === 'add' && there === undefined) {
          tier.add(given.length, given.sequence, given);
          model = [...model, given].sort(largestFirst);
        } else if (what === 'delete') {
          const same = there?.length === given.length;
          expect(tier.delete(given.length, given.sequence)).toBe(same);
          if (same) model = model.filter((other) => other !== there);
        } else if (what === 'take largest') {
          // The sequence serves as room here.
          let free = given.sequence;
          const expected: Item[] = [];
          for (;;) {
            const next = model.find(({ length }) => length + OVERHEAD <= free);
            if (next === undefined || expected.length === given.length) break;
            expected.push(next);
            free -= next.length + OVERHEAD;
            model = model.filter((other) => other !== next);
          }
          const taken = { items: [] as Item[], sequences: [] as number[] };
          expect(tier.takeLargest(given.sequence, OVERHEAD, given.length, taken)).toBe(free);
          expect(taken).toEqual({ items: expected, sequences: expected.map(({ sequence }) => sequence) });
        } else if (what === 'take smallest') {
          const taken = { items: [] as Item[], sequences: [] as number[] };
          tier.takeSmallest(taken);
          expect(taken.items).toEqual(model.splice(-1));
        }
        expect(tier.isEmpty).toBe(model.length === 0);
      }
    }),
  );
});
