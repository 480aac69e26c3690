import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { Deadlines } from './deadlines.js';

test('each is over when its time has passed since it last began, unless it ends before', async () => {
  const step = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    kind: fc.constantFrom('begin', 'end'),
    waitMs: fc.integer({ min: 0, max: 4_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const clock = new SimClock();
      const over: string[] = [];
      const deadlines = new Deadlines({
        clock,
        afterMs: 5_000,
        onOver: (id) => over.push(`${id} ${clock.monotonic()}`),
      });
      const due = new Map<string, number>();
      const expected: string[] = [];
      const pass = async (ms: number): Promise<void> => {
        const end = clock.monotonic() + ms;
        for (const [id, at] of [...due].toSorted(([, a], [, b]) => a - b)) {
          if (at > end) continue;
          expected.push(`${id} ${at}`);
          due.delete(id);
        }
        await clock.advance(ms);
      };
      for (const { id, kind, waitMs } of steps) {
        due.delete(id);
        if (kind === 'end') deadlines.end(id);
        else {
          deadlines.begin(id);
          due.set(id, clock.monotonic() + 5_000);
        }
        await pass(waitMs);
      }
      await pass(10_000);
      expect(over).toEqual(expected);
      expect(clock.pending).toBe(0);
    }),
  );
});
