import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PriorityHeap } from './priority-heap.js';

const pushed = fc.record({ rank: fc.integer({ min: -3, max: 3 }), second: fc.integer({ min: -3, max: 3 }) });

test('items come by rank and second rank, however they were pushed and popped', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(pushed, fc.constant('pop')), { maxLength: 60 }), (steps) => {
      const heap = new PriorityHeap<{ rank: number; second: number }>();
      const model: { rank: number; second: number }[] = [];
      const pop = (): void => {
        const best = model.toSorted((a, b) => a.rank - b.rank || a.second - b.second)[0];
        expect(heap.peek()).toEqual(best);
        const popped = heap.pop();
        expect(popped).toEqual(best);
        if (popped !== undefined) model.splice(model.indexOf(popped), 1);
      };
      for (const step of steps) {
        if (step === 'pop') {
          pop();
          continue;
        }
        heap.push(step, step.rank, step.second);
        model.push(step);
      }
      expect([heap.size, new Set(heap.values())]).toEqual([model.length, new Set(model)]);
      while (model.length > 0) pop();
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
