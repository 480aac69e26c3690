import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compilePattern } from './text-pattern.js';

/** Pieces on which RE2 and JavaScript agree, so that JavaScript can be the judge. */
const atom = fc.constantFrom(
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\w',
  '\\.',
  '(?:a|b)',
  '(ab|b)',
  '(a*)',
  '\\b',
  '^',
  '$',
);
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0}', '*?', '+?');
const piece = fc.tuple(atom, quantifier).map(([a, q]) => (/^(?:\\b|\^|\$)$/.test(a) ? a : a + q));
const expression = fc
  .array(
    fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join('')),
    { minLength: 1, maxLength: 3 },
  )
  .map((options) => options.join('|'));
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', ' ', '_'), maxLength: 10 });

test('agrees with JavaScript wherever both have the same syntax', () => {
  fc.assert(
    fc.property(expression, text, (source, value) => {
      expect(compilePattern(source)?.test(value)).toBe(new RegExp(source).test(value));
    }),
    { numRuns: 2000 },
  );
});

test('never throws, whatever the expression', () => {
  const hostile = fc.string({
    unit: fc.constantFrom(...Array.from('()[]{}|*+?^$\\.-:<>P=!0123ax\u{1F600}')),
    maxLength: 60,
  });
  fc.assert(
    fc.property(hostile, text, (source, value) => {
      expect([true, false, undefined]).toContain(compilePattern(source)?.test(value));
    }),
    { numRuns: 5000 },
  );
});
