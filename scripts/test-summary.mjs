// Adds up the results every suite left behind and prints the closing line.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The files with the results of a suite: one for each of its test scripts, `test` and maybe `test:name`. */
function resultFiles(folder) {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.keys(scripts)
    .filter((name) => /^test(:|$)/.test(name))
    .map((name) => join(folder, '.cache', `${name.replace(/^test:?/, 'test-results.').replace(/\.$/, '')}.json`));
}

/** Every workspace folder that has a jest configuration. */
function suites(root) {
  const parents = ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(root, parent, name)),
  );
  return [...parents, join(root, 'test'), join(root, 'docs', 'extending')].filter((folder) =>
    existsSync(join(folder, 'jest.config.mjs')),
  );
}

/** Forgets earlier results, so that a suite that does not run cannot count. */
export function clearResults(root) {
  for (const file of suites(root).flatMap(resultFiles)) rmSync(file, { force: true });
}

/** @returns whether everything passed */
export function summarize({ root, checks }) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const check of checks) total[check.passed ? 'passed' : 'failed'] += 1;
  const all = suites(root).flatMap((folder) =>
    resultFiles(folder).map((file) => ({ file, name: relative(root, folder) })),
  );
  for (const { file, name } of all) {
    if (!existsSync(file)) {
      process.stdout.write(`no results from ${name}\n`);
      total.failed += 1;
      continue;
    }
    const results = JSON.parse(readFileSync(file, 'utf8'));
    total.passed += results.numPassedTests;
    // A suite that fails to load has no failed tests of its own.
    total.failed += results.numFailedTests + results.numRuntimeErrorTestSuites;
    total.skipped += results.numPendingTests + results.numTodoTests;
    for (const test of results.testResults.flatMap((suite) => suite.assertionResults)) {
      if (test.status === 'pending') process.stdout.write(`skipped in ${name}: ${test.fullName}\n`);
    }
  }
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  return total.failed === 0;
}
