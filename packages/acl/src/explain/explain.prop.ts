import { expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/runtime/simulation';
import fc from 'fast-check';
import { allows } from '../decision/checks.js';
import { compileAcl } from '../decision/compile-acl.js';
import { parsePolicy } from '../language/parse-policy.js';
import { RandomCase } from '../testing/random-case.js';
import { explain } from './explain.js';

/** Checks that no policy can allow. */
const BEYOND_POLICIES = new Set(['Mgmt', 'ServerOp', 'ClientOp']);

test('an explanation agrees with the engine; its grant grants, or it names what stands in the way', () => {
  const seen = { allowed: 0, grant: 0, obstacles: 0 };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const cases = new RandomCase(new SeededRandom(seed));
      const policies = Array.from({ length: 3 }, (_, n) => ({ name: `p${n}`, rules: cases.policy() }));
      const parsed = policies.map(({ rules }) => parsePolicy(rules));
      const acl = compileAcl(parsed);
      for (let n = 0; n < 10; n += 1) {
        const ask = cases.check();
        const context = { policies, ask };
        const explanation = explain(policies, ask);
        expect({ context, allowed: explanation.allowed }).toEqual({ context, allowed: allows(acl, ask) });
        if (explanation.allowed) {
          seen.allowed += 1;
          const needsRule = explanation.reason.startsWith('allowed by');
          expect({ context, isNamed: explanation.decidedBy.length > 0 }).toEqual({ context, isNamed: needsRule });
        } else if (explanation.grant !== undefined) {
          seen.grant += 1;
          const more = compileAcl([...parsed, parsePolicy(explanation.grant, { isStrict: true })]);
          expect({ context, explanation, granted: allows(more, ask) }).toMatchObject({ granted: true });
        } else if (explanation.obstacles.length > 0) seen.obstacles += 1;
        else if (!BEYOND_POLICIES.has(ask.check))
          expect({ context, explanation }).toMatchObject({ explanation: { missing: 'deny' } });
      }
    }),
    { numRuns: 100 },
  );
  expect(Math.min(seen.allowed, seen.grant, seen.obstacles)).toBeGreaterThan(10);
});
