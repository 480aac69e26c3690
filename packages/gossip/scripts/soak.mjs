// Runs every scenario with many seeds, and a few large pools: `npm run soak -- [seeds] [first seed]`. Needs a build.
import { runScenario, SCENARIOS } from '../dist/testing/scenarios.js';

const [seeds = 50, first = 1] = process.argv.slice(2).map(Number);
const LARGE = [
  { name: 'loss', size: 200 },
  { name: 'partition', size: 100 },
  { name: 'stall', size: 1000 },
];
let failures = 0;

async function run(name, options) {
  try {
    const cluster = await runScenario(name, options);
    await cluster.stop();
  } catch (error) {
    failures += 1;
    process.stdout.write(`FAILED ${name}: ${error.message}\n`);
  }
}

for (const name of Object.keys(SCENARIOS)) {
  for (let seed = first; seed < first + seeds; seed += 1) await run(name, { seed });
  process.stdout.write(`${name}: ${seeds} seeds\n`);
}
for (const { name, size } of LARGE) {
  await run(name, { size, seed: first });
  process.stdout.write(`${name}: ${size} members\n`);
}
process.exitCode = failures === 0 ? 0 : 1;
