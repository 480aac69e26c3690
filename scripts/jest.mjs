// Runs jest for the package in the current directory and leaves its counts in `.cache/test-results.json`,
// which turbo restores together with the cached log, so that the closing summary is complete on cached runs too.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
mkdirSync('.cache', { recursive: true });
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    jest,
    '--maxWorkers=1',
    '--passWithNoTests=false',
    '--json',
    '--outputFile=.cache/test-results.json',
    ...process.argv.slice(2),
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
process.exit(status ?? 1);
