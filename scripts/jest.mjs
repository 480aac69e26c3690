// Runs jest for the package in the current directory and leaves its counts in `.cache/test-results.json`, or with
// `--results=name` in `.cache/test-results.name.json`, which turbo restores together with the cached log, so that the closing
// summary is complete on cached runs too.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const RESULTS = '--results=';
const words = process.argv.slice(2);
const part = words.find((word) => word.startsWith(RESULTS))?.slice(RESULTS.length);
const results = part === undefined ? 'test-results.json' : `test-results.${part}.json`;
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
    `--outputFile=.cache/${results}`,
    ...words.filter((word) => !word.startsWith(RESULTS)),
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
process.exit(status ?? 1);
