import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/runtime/simulation';
import fc from 'fast-check';
import { parsePolicy } from '../language/parse-policy.js';
import { compareEvaluators } from '../testing/compare-evaluators.js';
import { RandomCase } from '../testing/random-case.js';
import { allows } from './checks.js';
import { compileAcl } from './compile-acl.js';
import { GlobIndex } from './glob-index.js';

const seed = fc.integer({ min: 0, max: 2 ** 31 });

test('the engine answers as the rules read, for twenty thousand random questions', () => {
  const { granted, differences } = compareEvaluators({ checks: 20_000, seed: 7 });
  expect(differences).toEqual([]);
  expect(granted).toBeGreaterThan(1_000);
});

describe('for any policies and any check', () => {
  test('the order of the policies never matters', () => {
    fc.assert(
      fc.property(seed, (start) => {
        const random = new SeededRandom(start);
        const cases = new RandomCase(random);
        const policies = Array.from({ length: 4 }, () => parsePolicy(cases.policy()));
        const shuffled = policies.toSorted(() => random.next() - 0.5);
        const [one, other] = [compileAcl(policies), compileAcl(shuffled)];
        for (let n = 0; n < 20; n += 1) {
          const ask = cases.check();
          expect({ ask, answer: allows(other, ask) }).toEqual({ ask, answer: allows(one, ask) });
        }
      }),
    );
  });

  test('a deny for what a check is about never grants it', () => {
    fc.assert(
      fc.property(seed, fc.constantFrom('exact', 'every', 'one'), (start, kind) => {
        const random = new SeededRandom(start);
        const cases = new RandomCase(random);
        const policies = Array.from({ length: 3 }, () => parsePolicy(cases.policy()));
        const before = compileAcl(policies);
        for (let n = 0; n < 20; n += 1) {
          const ask = cases.check();
          if (!('namespace' in ask) || ask.namespace === '*' || ask.check === 'Var' || ask.check === 'VarSearch')
            continue;
          const label = { exact: ask.namespace, every: '*', one: `${ask.namespace.slice(0, 1)}*` }[kind];
          const after = compileAcl([...policies, parsePolicy(`namespace "${label}" { policy = "deny" }`)]);
          const isAboutDeny = ask.check === 'NsOp' && ask.operation === 'deny';
          if (!isAboutDeny && !allows(before, ask))
            expect({ ask, label, granted: allows(after, ask) }).toMatchObject({ granted: false });
        }
      }),
    );
  });

  test('a denied level is never granted, whatever else is', () => {
    const denied = parsePolicy(
      ['agent', 'node', 'operator', 'quota', 'plugin', 'sentinel']
        .map((kind) => `${kind} { policy = "deny" }`)
        .join('\n'),
    );
    fc.assert(
      fc.property(seed, (start) => {
        const cases = new RandomCase(new SeededRandom(start));
        const acl = compileAcl([parsePolicy(cases.policy()), denied, parsePolicy(cases.policy())]);
        expect([
          acl.allowAgentRead(),
          acl.allowAgentWrite(),
          acl.allowAgentDebug(true),
          acl.allowNodeRead(),
          acl.allowNodeWrite(),
          acl.allowOperatorRead(),
          acl.allowOperatorOperation('snapshot-save'),
          acl.allowSentinelOperation('sentinel-read'),
          acl.allowQuotaRead(),
          acl.allowPluginRead(),
          acl.allowPluginList(),
        ]).toEqual(Array.from({ length: 11 }, () => false));
      }),
    );
  });
});

test('among thousands of patterns the same one is found as by trying them all', () => {
  const piece = fc.constantFrom('a', 'b', 'ab', '*', '**', 'aab', 'ba', '-');
  const label = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
  const pattern = label.filter((text) => text.includes('*'));
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 12 });
  fc.assert(
    fc.property(fc.uniqueArray(pattern, { maxLength: 400 }), fc.array(name), (patterns, names) => {
      const index = new GlobIndex(patterns.map((text) => [text, text]));
      const literal = (text: string): number => text.replaceAll('*', '').length;
      for (const subject of names) {
        const [best] = patterns
          .filter((text) => new RegExp(`^${text.replaceAll('*', '.*')}$`).test(subject))
          .toSorted((a, b) => literal(b) - literal(a) || (a < b ? 1 : -1));
        expect(index.find(subject)).toBe(best);
      }
    }),
    { numRuns: 50 },
  );
});
