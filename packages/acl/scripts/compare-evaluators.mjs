// Compares the engine with the direct evaluator: `node scripts/compare-evaluators.mjs [checks] [seed]`. Needs a build.
import { compareEvaluators } from '../dist/testing/compare-evaluators.js';

const [checks = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
const { granted, differences } = compareEvaluators({ checks, seed });
process.stdout.write(`${checks} checks, ${granted} granted, ${differences.length} differences\n`);
for (const difference of differences.slice(0, 10)) process.stdout.write(`${difference}\n`);
process.exitCode = differences.length === 0 ? 0 : 1;
