// Acknowledged writes per second of the state kept by lmdb, against a bare file that writers share the flushes of; and how long
// a restart with everything takes.
import { noMetrics, silentLogger, SystemClock } from '@steppe/runtime';
import { BUILT_IN_TABLES, EngineStateStore, LmdbEngine, NODE_SECRETS } from '@steppe/state';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from './statistics.js';

const WRITERS = 256;
const OBJECTS = 100_000;
const DIGEST = 'd'.repeat(200);

async function openState(folder: string): Promise<EngineStateStore> {
  const deps = { clock: new SystemClock(), logger: silentLogger, metrics: noMetrics };
  const store = new EngineStateStore(
    { tables: BUILT_IN_TABLES },
    { ...deps, engine: new LmdbEngine({ folder }, deps) },
  );
  await store.start();
  return store;
}

/** Writes per second with many writers, each of which waits for its acknowledgement. */
async function rate(write: (n: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < OBJECTS) await write((next += 1));
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return OBJECTS / ((performance.now() - start) / 1_000);
}

/** The same bytes appended to a file: as many as are waiting go with one flush. */
async function bareRate(folder: string): Promise<number> {
  const file = await open(join(folder, 'bare'), 'a');
  let waiting: { text: string; done: () => void }[] = [];
  let isFlushing = false;
  const flush = async (): Promise<void> => {
    isFlushing = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await file.appendFile(group.map(({ text }) => text).join(''));
      await file.datasync();
      for (const { done } of group) done();
    }
    isFlushing = false;
  };
  const result = await rate(
    (n) =>
      new Promise<void>((done) => {
        waiting.push({ text: JSON.stringify({ nodeId: `n${n}`, digest: DIGEST }), done });
        if (!isFlushing) void flush();
      }),
  );
  await file.close();
  return result;
}

/** Rows of the report: what, ours, the baseline, their ratio, and the budget. */
export async function run(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'steppe-bench-state-'));
  try {
    const bare = await bareRate(folder);
    const store = await openState(folder);
    const ours = await rate((n) => store.transact((tx) => tx.put(NODE_SECRETS, { nodeId: `n${n}`, digest: DIGEST })));
    await store.stop();
    const start = performance.now();
    const again = await openState(folder);
    const restartMs = performance.now() - start;
    await again.stop();
    return table(
      ['what', 'state', 'bare file', 'ratio', 'budget'],
      [
        ['acknowledged writes/s, 256 writers', ours.toFixed(0), bare.toFixed(0), (ours / bare).toFixed(2), '≥ 5000/s'],
        ['restart with 100,000 objects, ms', restartMs.toFixed(0), '', '', '< 3000 ms'],
      ],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
