import { SystemRandom } from '@steppe/runtime';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashRounds } from './crash-rounds.js';

// The crash test at length: `node scripts/crash.mjs [rounds]`.
const [rounds = '200'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'steppe-crash-'));
const writer = join(import.meta.dirname, 'crash-writer.mjs');
const acknowledged = await crashRounds({ writer, folder, rounds: Number(rounds) }, { random: new SystemRandom() });
rmSync(folder, { recursive: true });
process.stdout.write(`${rounds} rounds, ${acknowledged} acknowledged writes, none lost, none torn\n`);
