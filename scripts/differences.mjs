// Renders docs/differences.json as docs/differences.md; with --check only tells whether that has been done.
import { readFileSync, writeFileSync } from 'node:fs';

const docs = new URL('../docs/', import.meta.url);
const differences = JSON.parse(readFileSync(new URL('differences.json', docs), 'utf8'));
const rows = differences.map(
  ({ endpoint, nomad, steppe, reason, test }) =>
    `| ${endpoint} | ${nomad} | ${steppe} | ${reason} | [${test.name}](../${test.file}) |`,
);
const text = `# Deliberate differences from Nomad

Everything else that a stock client can notice is meant to be the same. Each row is held by a test.

| Where | Nomad | Steppe | Why | Test |
|---|---|---|---|---|
${rows.join('\n')}
`;
const target = new URL('differences.md', docs);
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  process.stderr.write(
    'docs/differences.md is not what docs/differences.json says: run node scripts/differences.mjs\n',
  );
  process.exitCode = 1;
}
