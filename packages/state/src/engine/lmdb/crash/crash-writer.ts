import { noMetrics, silentLogger, SystemClock } from '@steppe/runtime';
import { writeSync } from 'node:fs';
import { EngineStateStore } from '../../../store/state-store.js';
import { LmdbEngine } from '../lmdb-engine.js';
import { HALVES, PAIRS_KEPT } from './pairs.js';

// Writes pairs without end and prints each that was acknowledged as `<n> <index>`; meant to be killed.
const [folder = '', first = '0'] = process.argv.slice(2);
const engine = new LmdbEngine({ folder }, { logger: silentLogger });
const deps = { engine, clock: new SystemClock(), logger: silentLogger, metrics: noMetrics };
const store = new EngineStateStore({ tables: [HALVES] }, deps);
await store.start();
writeSync(1, 'ready\n');

let next = Number(first);
async function write(): Promise<never> {
  for (;;) {
    const n = (next += 1);
    const filling = 'z'.repeat(n % 700);
    const { index } = await store.transact((tx) => {
      for (const half of ['x', 'y']) {
        tx.put(HALVES, { id: `${half}/${n}`, n, filling });
        tx.delete(HALVES, `${half}/${n - PAIRS_KEPT}`);
      }
    });
    writeSync(1, `${n} ${index}\n`);
  }
}
await Promise.all(Array.from({ length: 32 }, write));
