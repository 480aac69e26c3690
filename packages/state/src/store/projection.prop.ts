import { describe, expect, test } from '@jest/globals';
import { noMetrics, silentLogger } from '@steppe/runtime';
import { SimClock } from '@steppe/testing';
import fc from 'fast-check';
import type { Commit } from '../change/commit.js';
import { EMPTY_IMAGE } from '../change/commit.js';
import { MemoryEngine } from '../engine/memory/memory-engine.js';
import { defineTable } from '../table/table.js';
import { Projection } from './projection.js';
import { imageOf, imagePieces } from './state-image.js';
import { EngineStateStore } from './state-store.js';

interface Row {
  readonly id: string;
  readonly group: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
const table = (name: string) =>
  defineTable<Row>({ name, key: ({ id }) => id, indexes: { group: { values: ({ group }) => group } } });
const TABLES = [table('left'), table('right')] as const;

const step = fc.record({
  table: fc.constantFrom(...TABLES),
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  group: fc.constantFrom('x', 'y', undefined),
});
const transactions = fc.array(
  fc.record({ steps: fc.array(step, { maxLength: 6 }), waits: fc.boolean(), fails: fc.boolean() }),
  { maxLength: 30 },
);
type Transactions = ReturnType<typeof transactions.generate>['value'];

async function open() {
  const clock = new SimClock();
  const deps = { engine: new MemoryEngine(), clock, logger: silentLogger, metrics: noMetrics };
  const store = new EngineStateStore({ tables: TABLES }, deps);
  await store.start();
  return store;
}

async function run(store: EngineStateStore, all: Transactions): Promise<void> {
  for (const { steps, waits, fails } of all) {
    const done = store.transact((tx) => {
      for (const { table: target, id, group } of steps) {
        if (group === undefined) tx.delete(target, id);
        else tx.put(target, { id, group });
      }
      if (fails) throw new Error('on purpose');
    });
    const settled = done.catch(() => undefined);
    if (waits) await settled;
  }
  await store.transact(() => undefined);
}

const silent = { didCommit: () => undefined, didReset: () => undefined };

describe('any run of transactions', () => {
  test('leads to the state that a replay of its log leads to, indexes and secondary indexes included', async () => {
    await fc.assert(
      fc.asyncProperty(transactions, async (all) => {
        const store = await open();
        const log: Commit[] = [];
        store.onDidCommit((commit) => log.push(commit as Commit));
        await run(store, all);
        const replay = new Projection(TABLES, silent);
        for (const commit of log) replay.commit(commit);
        const loaded = new Projection(TABLES, silent);
        loaded.reset(imageOf(store.index, imagePieces(store.snapshot(), { rows: 3 })));
        const live = store.snapshot();
        expect(log.map(({ index }) => index)).toEqual(log.map((_, i) => EMPTY_IMAGE.index + 1 + i));
        for (const copy of [replay.snapshot, loaded.snapshot]) {
          expect(copy.index).toBe(live.index);
          for (const each of TABLES) {
            expect(copy.tableIndex(each)).toBe(live.tableIndex(each));
            expect(copy.rows(each)).toEqual(live.rows(each));
            for (const group of ['x', 'y']) {
              const members = live.rows(each).filter((row) => row.group === group);
              expect([...copy.find(each, 'group', group)]).toEqual(members);
            }
          }
        }
        await store.stop();
      }),
      { numRuns: 200 },
    );
  });

  test('is followed by a watcher of a table to its end, with no index seen twice, out of order, or of another table', async () => {
    await fc.assert(
      fc.asyncProperty(transactions, async (all) => {
        const store = await open();
        const [watched] = TABLES;
        const committed: number[] = [];
        store.onDidCommit((commit) => {
          if (commit?.mutations.some((mutation) => mutation.table === watched.name)) committed.push(commit.index);
        });
        const seen: number[] = [];
        const abort = new AbortController();
        const watching = (async () => {
          let index = store.snapshot().tableIndex(watched);
          while (await store.waitBeyond({ table: watched }, index, { timeoutMs: 60_000, signal: abort.signal })) {
            index = store.snapshot().tableIndex(watched);
            seen.push(index);
          }
        })();
        await run(store, all);
        abort.abort();
        await watching;
        // A watcher that is slow sees several commits as one, but never misses the last, nor sees one twice.
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
        expect(seen.every((index) => committed.includes(index))).toBe(true);
        expect(seen.at(-1)).toBe(committed.at(-1));
        await store.stop();
      }),
      { numRuns: 100 },
    );
  });
});
