import { SeededRandom } from '@steppe/runtime/simulation';
import { allows } from '../decision/checks.js';
import { compileAcl } from '../decision/compile-acl.js';
import { parsePolicy } from '../language/parse-policy.js';
import { evaluateDirectly } from './direct-evaluator.js';
import { RandomCase } from './random-case.js';

export interface Comparison {
  readonly checks: number;
  /** How many were granted: near none or near all would prove little. */
  readonly granted: number;
  /** Cases in which the two disagree, ready to become a test. */
  readonly differences: readonly string[];
}

const CHECKS_PER_SET = 50;

/** Asks the engine and the direct evaluator the same random questions. */
export function compareEvaluators({ checks, seed }: { readonly checks: number; readonly seed: number }): Comparison {
  const random = new SeededRandom(seed);
  const cases = new RandomCase(random);
  const differences: string[] = [];
  let granted = 0;
  let asked = 0;
  while (asked < checks) {
    const texts = Array.from({ length: Math.floor(random.next() * 5) }, () => cases.policy());
    const policies = texts.map((text) => parsePolicy(text));
    const acl = compileAcl(policies);
    for (let n = 0; n < CHECKS_PER_SET && asked < checks; n += 1) {
      asked += 1;
      const ask = cases.check();
      const answer = allows(acl, ask);
      if (answer) granted += 1;
      if (answer !== evaluateDirectly(policies, ask)) differences.push(JSON.stringify({ texts, ask, answer }));
    }
  }
  return { checks: asked, granted, differences };
}
