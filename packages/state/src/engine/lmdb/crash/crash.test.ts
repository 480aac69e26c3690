import { expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/testing';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashRounds } from './crash-rounds.js';

test('every acknowledged write survives the death of its process under load, and none is torn', async () => {
  // Beside the package's own modules, where the native one is found.
  const writer = join(process.cwd(), '.cache/crash/crash-writer.mjs');
  const bundled = spawnSync(
    join(process.cwd(), '../../node_modules/.bin/esbuild'),
    [
      'src/engine/lmdb/crash/crash-writer.ts',
      `--outfile=${writer}`,
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--conditions=@steppe/source',
      '--external:lmdb',
    ],
    { encoding: 'utf8' },
  );
  expect(bundled.status).toBe(0);
  const folder = mkdtempSync(join(tmpdir(), 'steppe-crash-'));
  const acknowledged = await crashRounds({ writer, folder, rounds: 6 }, { random: new SeededRandom(1) });
  expect(acknowledged).toBeGreaterThan(0);
  rmSync(folder, { recursive: true });
}, 60_000);
