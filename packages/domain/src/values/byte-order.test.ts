import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareBytes } from './byte-order.js';

test('texts sort as their UTF-8 bytes do', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom('a', 'b', '\u{1f600}', '\uffee', 'é'), fc.string({ unit: 'binary' })),
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 1_000 },
  );
});
