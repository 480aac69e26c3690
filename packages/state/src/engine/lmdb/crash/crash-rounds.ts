import { noMetrics, silentLogger, SystemClock } from '@steppe/runtime';
import type { Random } from '@steppe/runtime';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EngineStateStore } from '../../../store/state-store.js';
import { LmdbEngine } from '../lmdb-engine.js';
import type { Half } from './pairs.js';
import { HALVES, PAIRS_KEPT } from './pairs.js';

export interface CrashRoundsOptions {
  /** The bundled `crash-writer`. */
  readonly writer: string;
  /** Where the state is kept from round to round. */
  readonly folder: string;
  readonly rounds: number;
}

/**
 * Round after round: a process writes under load, is killed with SIGKILL at a random point, and the state it left is checked.
 * @returns how many writes were acknowledged in all
 * @throws AssertionError for a lost or torn write
 */
export async function crashRounds(
  options: CrashRoundsOptions,
  { random }: { readonly random: Random },
): Promise<number> {
  let newest = 0;
  let acknowledgedInAll = 0;
  for (let round = 0; round < options.rounds; round += 1) {
    const acknowledged = await runAndKill(options, newest, 5 + random.next() * 250);
    newest = await check(options.folder, acknowledged);
    acknowledgedInAll += acknowledged.size;
  }
  return acknowledgedInAll;
}

/** @returns index by number of what was acknowledged before the kill */
async function runAndKill({ writer, folder }: CrashRoundsOptions, first: number, afterMs: number) {
  const child = spawn(process.execPath, [writer, folder, `${first}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const signal = await new Promise((resolve) => child.once('close', (_, killed) => resolve(killed)));
  assert.equal(signal, 'SIGKILL', `the writer ended by itself: ${output}`);
  // The last line may be cut: then nobody was told.
  const lines = output.split('\n').slice(1, -1);
  return new Map(lines.map((line) => line.split(' ').map(Number) as [number, number]));
}

async function check(folder: string, acknowledged: ReadonlyMap<number, number>): Promise<number> {
  const engine = new LmdbEngine({ folder }, { logger: silentLogger });
  const deps = { engine, clock: new SystemClock(), logger: silentLogger, metrics: noMetrics };
  const store = new EngineStateStore({ tables: [HALVES] }, deps);
  await store.start();
  const snapshot = store.snapshot();
  const halves = (prefix: string) => new Map(Array.from(snapshot.range(HALVES, { prefix }), (half) => [half.n, half]));
  const left = halves('x/');
  const right = halves('y/');
  assert.deepEqual([...left.keys()], [...right.keys()], 'a transaction was torn');
  const strip = ({ id: _id, ...half }: Half) => half;
  for (const [n, half] of left) assert.deepEqual(strip(half), strip(right.get(n) as Half), 'a transaction was torn');
  const newest = Math.max(0, ...left.keys());
  for (const [n, index] of acknowledged) {
    assert.ok(snapshot.index >= index, `index ${index} was acknowledged, ${snapshot.index} is what is left`);
    const half = left.get(n);
    if (half === undefined) assert.ok(n <= newest - PAIRS_KEPT + 32, `write ${n} was acknowledged and is lost`);
    else assert.equal(half.modifyIndex, index);
  }
  await store.stop();
  return newest;
}
