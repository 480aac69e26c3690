import { expect, test } from '@jest/globals';
import { noMetrics, silentLogger } from '@steppe/runtime';
import { SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { MemoryEngine } from '../engine/memory/memory-engine.js';
import { EngineStateStore } from '../store/state-store.js';
import { defineTable, orderedNumber } from '../table/table.js';
import type { ListPage, ListQuery } from './list.js';
import { creationOrder, readList } from './list.js';

interface Row {
  readonly id: string;
  readonly size: number;
  readonly colour: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
const ROWS = defineTable<Row>({
  name: 'rows',
  key: ({ id }) => id,
  indexes: { creation: { values: ({ createIndex }) => orderedNumber(createIndex) } },
});
const order = creationOrder<Row>('creation');
const view = ({ size, colour }: Row) => ({ Size: size, Colour: colour });

const filters: readonly (readonly [string, (row: Row) => boolean])[] = [
  ['', () => true],
  ['Size == 1', ({ size }) => size === 1],
  ['Colour contains `lu` or Size != 2', ({ size, colour }) => colour === 'blue' || size !== 2],
  ['not (Colour == red and Size == 0)', ({ size, colour }) => !(colour === 'red' && size === 0)],
  ['Colour matches "^b"', ({ colour }) => colour.startsWith('b')],
];

const rows = fc.uniqueArray(
  fc.record({
    id: fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '/'), minLength: 1, maxLength: 4 }),
    size: fc.nat(2),
    colour: fc.constantFrom('red', 'blue'),
  }),
  { selector: ({ id }) => id, maxLength: 40 },
);
const cases = fc.record({
  rows,
  prefix: fc.constantFrom('', 'a', 'ab', 'z'),
  perPage: fc.nat(5),
  reverse: fc.boolean(),
  filter: fc.constantFrom(...filters),
  byCreation: fc.boolean(),
  sees: fc.constantFrom('red', 'blue', undefined),
});

test('pages put together are what a look at every row gives, in any order, with any filter', async () => {
  await fc.assert(
    fc.asyncProperty(
      cases,
      async ({ rows: all, prefix, perPage, reverse, filter: [filter, passes], byCreation, sees }) => {
        const deps = { engine: new MemoryEngine(), clock: new SimClock(), logger: silentLogger, metrics: noMetrics };
        const store = new EngineStateStore({ tables: [ROWS] }, deps);
        await store.start();
        // Some are made together, so that their create indexes are equal.
        for (const [i, row] of all.entries()) {
          const made = store.transact((tx) => tx.put(ROWS, row));
          if (i % 3 === 0) await made;
        }
        await store.transact(() => undefined);
        const snapshot = store.snapshot();
        const where = (row: Row) => sees === undefined || row.colour === sees;

        const isByCreation = byCreation && prefix === '';
        const expected = snapshot
          .rows(ROWS)
          .filter((row) => row.id.startsWith(prefix) && passes(row) && where(row))
          .toSorted((a, b) => (isByCreation ? a.createIndex - b.createIndex : 0) || (a.id < b.id ? -1 : 1));
        if (reverse) expected.reverse();

        const pages: ListPage<Row>[] = [];
        for (let nextToken: string | undefined = ''; nextToken !== undefined; nextToken = pages.at(-1)?.nextToken) {
          const query: ListQuery = { prefix, perPage, reverse, filter, nextToken };
          pages.push(readList(snapshot, ROWS, query, { view, where, ...(byCreation ? { order } : {}) }));
          expect(pages.length).toBeLessThan(100);
        }
        expect(pages.flatMap((page) => page.rows)).toEqual(expected);
        for (const page of pages.slice(0, -1)) expect(page.rows).toHaveLength(perPage);
        expect(new Set(pages.map(({ index }) => index))).toEqual(new Set([snapshot.tableIndex(ROWS)]));
        await store.stop();
      },
    ),
    { numRuns: 300 },
  );
});

test('a token that was not given out for the list is refused', async () => {
  const deps = { engine: new MemoryEngine(), clock: new SimClock(), logger: silentLogger, metrics: noMetrics };
  const store = new EngineStateStore({ tables: [ROWS] }, deps);
  expect(() => readList(store.snapshot(), ROWS, { nextToken: 'x' }, { order, view })).toThrow(
    expect.objectContaining({ code: 'PAGE_TOKEN_INVALID' }),
  );
});
