import { describe, expect, test } from '@jest/globals';
import { noMetrics, silentLogger } from '@steppe/runtime';
import { SimClock } from '@steppe/testing';
import { stateError } from '../errors.js';
import { MemoryEngine } from '../engine/memory/memory-engine.js';
import { defineTable, orderedNumber, prepareRow } from '../table/table.js';
import { imageOf, imagePieces } from './state-image.js';
import { EngineStateStore } from './state-store.js';

interface Book {
  readonly id: string;
  readonly isbn: string;
  readonly tags: readonly string[];
  readonly pages?: { readonly count: number };
  readonly createIndex: number;
  readonly modifyIndex: number;
}

const BOOKS = defineTable<Book>({
  name: 'books',
  key: ({ id }) => id,
  indexes: {
    isbn: { values: ({ isbn }) => isbn, unique: true },
    tag: { values: ({ tags }) => tags },
    creation: { values: ({ createIndex }) => orderedNumber(createIndex) },
  },
});
const SHELVES = defineTable<{ id: string; createIndex: number; modifyIndex: number }>({
  name: 'shelves',
  key: ({ id }) => id,
});
const book = (id: string, changes: Partial<Book> = {}) => ({ id, isbn: `isbn-${id}`, tags: [], ...changes });

/** A clock on which one can take one's time without letting go of the event loop. */
class BusyClock extends SimClock {
  #busyMs = 0;

  work(ms: number): void {
    this.#busyMs += ms;
  }

  override monotonic(): number {
    return super.monotonic() + this.#busyMs;
  }
}

async function setUp({ engine = new MemoryEngine() } = {}) {
  const clock = new BusyClock();
  const deps = { engine, clock, logger: silentLogger, metrics: noMetrics };
  const store = new EngineStateStore({ tables: [BOOKS, SHELVES] }, deps);
  await store.start();
  const add = (...args: Parameters<typeof book>) => store.transact((tx) => tx.put(BOOKS, book(...args)));
  return { clock, engine, store, add };
}

describe('transactions', () => {
  test('each takes the next index, which its rows carry; a rewrite keeps the create index', async () => {
    const { store, add } = await setUp();
    expect((await add('b')).index).toBe(2);
    expect((await add('a')).index).toBe(3);
    await add('b', { tags: ['x'] });
    expect(store.snapshot().rows(BOOKS)).toMatchObject([
      { id: 'a', createIndex: 3, modifyIndex: 3 },
      { id: 'b', createIndex: 2, modifyIndex: 4, tags: ['x'] },
    ]);
    expect(store.index).toBe(4);
  });

  test('what was prepared before is written as anything else, as often as wanted', async () => {
    const { store, add } = await setUp();
    await add('b', { tags: ['old'] });
    const prepared = prepareRow(BOOKS, book('b', { tags: ['new'] }));
    for (const index of [3, 4]) {
      await store.transact((tx) => {
        tx.putPrepared(prepared);
        expect(tx.get(BOOKS, 'b')).toMatchObject({ tags: ['new'], createIndex: 2, modifyIndex: index });
      });
    }
    const [row] = store.snapshot().rows(BOOKS);
    expect([row?.modifyIndex, Object.isFrozen(row), Object.isFrozen(row?.tags)]).toEqual([4, true, true]);
    expect([...store.snapshot().find(BOOKS, 'tag', 'old')]).toEqual([]);
  });

  test('one that throws writes nothing, and the others go on', async () => {
    const { store, add } = await setUp();
    const failing = store.transact((tx) => {
      tx.put(BOOKS, book('a'));
      throw new Error('no');
    });
    const other = add('b');
    await expect(failing).rejects.toThrow('no');
    await other;
    expect(store.snapshot().rows(BOOKS)).toMatchObject([{ id: 'b' }]);
  });

  test('one reads its own writes and deletions, and is told apart from what is committed', async () => {
    const { store, add } = await setUp();
    await add('a');
    await store.transact((tx) => {
      tx.put(BOOKS, book('b', { tags: ['new'] }));
      expect([...tx.find(BOOKS, 'tag', 'new')]).toMatchObject([{ id: 'b' }]);
      expect(tx.delete(BOOKS, 'a')).toBe(true);
      expect(tx.delete(BOOKS, 'a')).toBe(false);
      expect(tx.rows(BOOKS).map(({ id }) => id)).toEqual(['b']);
      expect(
        store
          .snapshot()
          .rows(BOOKS)
          .map(({ id }) => id),
      ).toEqual(['a']);
    });
    expect(
      store
        .snapshot()
        .rows(BOOKS)
        .map(({ id }) => id),
    ).toEqual(['b']);
  });

  test('a row made and deleted in one transaction was never there; one deleted and made again is new', async () => {
    const { store, add, engine } = await setUp();
    await add('a');
    const { index } = await store.transact((tx) => {
      tx.put(BOOKS, book('b'));
      tx.delete(BOOKS, 'b');
      tx.delete(BOOKS, 'a');
      tx.put(BOOKS, book('a'));
    });
    expect(store.snapshot().rows(BOOKS)).toMatchObject([{ id: 'a', createIndex: index }]);
    expect(engine.tail(index - 1)).toMatchObject([{ index, mutations: [{ op: 'put', key: 'a' }] }]);
    await store.transact((tx) => {
      tx.delete(BOOKS, 'a');
      tx.put(BOOKS, book('a'));
      tx.delete(BOOKS, 'a');
    });
    expect(store.snapshot().count(BOOKS)).toBe(0);
  });

  test('its own writes are found in every order, whatever was read between them', async () => {
    const { store } = await setUp();
    const found = await store.transact((tx) => {
      const read = () => [
        tx.count(SHELVES),
        tx.rows(SHELVES).map(({ id }) => id),
        [...tx.range(SHELVES, { from: 'b' })].map(({ id }) => id),
        tx.tableIndex(SHELVES),
        tx.get(SHELVES, 'b')?.modifyIndex,
      ];
      tx.put(SHELVES, { id: 'b' });
      tx.put(SHELVES, { id: 'c' });
      const first = read();
      tx.put(SHELVES, { id: 'a' });
      tx.delete(SHELVES, 'b');
      return [first, read()];
    });
    expect(found.value).toEqual([
      [2, ['b', 'c'], ['b', 'c'], 2, 2],
      [2, ['a', 'c'], ['c'], 2, undefined],
    ]);
    expect(store.snapshot().rows(SHELVES)).toMatchObject([{ id: 'a' }, { id: 'c' }]);
  });

  test('those asked for together share a commit, but not for longer than others can wait for their turn', async () => {
    const { clock, store } = await setUp();
    const slowly = (id: string) =>
      store.transact((tx) => {
        clock.work(4);
        tx.put(SHELVES, { id });
      });
    const asked = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(slowly));
    expect(asked.map(({ index }) => index)).toEqual([2, 2, 2, 3, 3]);
  });

  test('one that writes nothing takes no index', async () => {
    const { store, add } = await setUp();
    await add('a');
    expect(await store.transact((tx) => tx.count(BOOKS))).toEqual({ index: 2, value: 1 });
    expect(store.index).toBe(2);
  });

  test('a value of a unique index belongs to one row, and can be handed over', async () => {
    const { store, add } = await setUp();
    await add('a');
    await expect(add('b', { isbn: 'isbn-a' })).rejects.toMatchObject({
      detail: { code: 'STATE_UNIQUE_VIOLATION', table: 'books', index: 'isbn', value: 'isbn-a' },
    });
    await store.transact((tx) => {
      tx.put(BOOKS, book('a', { isbn: 'other' }));
      tx.put(BOOKS, book('b', { isbn: 'isbn-a' }));
    });
    expect([...store.snapshot().find(BOOKS, 'isbn', 'isbn-a')]).toMatchObject([{ id: 'b' }]);
  });

  test.each([[''], ['a\0b'], ['x'.repeat(1_025)]])('a key that no engine could keep is refused', async (id) => {
    const { add } = await setUp();
    await expect(add(id)).rejects.toMatchObject({ code: 'STATE_KEY_INVALID' });
  });

  test('one that is larger than the engine takes is refused with the limit, and hurts nobody else', async () => {
    class Small extends MemoryEngine {
      override readonly limits = { mutations: 2, bytes: 10_000 };
    }
    const { store, add } = await setUp({ engine: new Small() });
    const large = store.transact((tx) => {
      for (const id of ['a', 'b', 'c']) tx.put(BOOKS, book(id));
    });
    const others = [add('d'), add('e'), add('f')];
    await expect(large).rejects.toThrow(
      'a transaction of 3 mutations is more than the 2 that can be committed at once; make it several',
    );
    expect((await Promise.all(others)).map(({ index }) => index)).toEqual([2, 2, 3]);
  });

  test('asynchronous work is refused: its reads would be of another time', async () => {
    const { store } = await setUp();
    await expect(store.transact(async () => 1)).rejects.toThrow('must not be asynchronous');
  });

  test('before start and after stop there are none', async () => {
    const { store, add } = await setUp();
    await store.stop();
    await expect(add('a')).rejects.toMatchObject({ code: 'STATE_CLOSED' });
  });

  test('what others wrote first is seen by the second attempt', async () => {
    class Contested extends MemoryEngine {
      conflicts = 2;
      caughtUp = 0;
      override async append(mutations: Parameters<MemoryEngine['append']>[0]) {
        if (this.conflicts-- > 0) throw stateError({ code: 'STATE_CONFLICT' }, 'somebody was first');
        return super.append(mutations);
      }
      override async catchUp() {
        this.caughtUp += 1;
      }
    }
    const engine = new Contested();
    const { add } = await setUp({ engine });
    const results = await Promise.all([add('a'), add('b')]);
    expect(results.map(({ index }) => index)).toEqual([2, 2]);
    expect(engine.caughtUp).toBe(2);
  });

  test('an unclear outcome fails those concerned, and the log is read before anything is written again', async () => {
    const calls: string[] = [];
    class Unclear extends MemoryEngine {
      override async append(mutations: Parameters<MemoryEngine['append']>[0]) {
        calls.push('append');
        if (calls.length === 1) throw stateError({ code: 'STATE_OUTCOME_UNKNOWN' }, 'no answer');
        return super.append(mutations);
      }
      override async catchUp() {
        calls.push('catchUp');
      }
    }
    const { add } = await setUp({ engine: new Unclear() });
    await expect(add('a')).rejects.toMatchObject({ code: 'STATE_OUTCOME_UNKNOWN' });
    await add('b');
    await add('c');
    expect(calls).toEqual(['append', 'catchUp', 'append', 'append']);
  });

  test('an engine of our own takes writes, but only while we lead', async () => {
    const leadership = { isLeader: true };
    const deps = { clock: new SimClock(), logger: silentLogger, metrics: noMetrics, leadership };
    const store = new EngineStateStore({ tables: [BOOKS] }, { ...deps, engine: new MemoryEngine() });
    await store.start();
    await store.transact((tx) => tx.put(BOOKS, book('a')));
    leadership.isLeader = false;
    await expect(store.transact((tx) => tx.put(BOOKS, book('b')))).rejects.toMatchObject({ code: 'STATE_NOT_LEADER' });
    await expect(store.replace(imageOf(store.index, imagePieces(store.snapshot())))).rejects.toMatchObject({
      code: 'STATE_NOT_LEADER',
    });
  });

  test('a server that does not lead refuses all writes', async () => {
    class Follower extends MemoryEngine {
      override get isWritable() {
        return false;
      }
    }
    const { store } = await setUp({ engine: new Follower() });
    const writes = [store.transact(() => 1), store.transact(() => 2)];
    for (const { reason } of (await Promise.allSettled(writes)) as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ code: 'STATE_NOT_LEADER', message: 'No cluster leader' });
    }
  });
});

describe('snapshots', () => {
  test('one never changes, and the rows of a table are the same array until one does', async () => {
    const { store, add } = await setUp();
    await add('a', { pages: { count: 1 } });
    const before = store.snapshot();
    const rows = before.rows(BOOKS);
    await store.transact((tx) => tx.put(SHELVES, { id: 's' }));
    expect(store.snapshot().rows(BOOKS)).toBe(rows);
    await add('a', { pages: { count: 2 } });
    expect(before.rows(BOOKS)).toBe(rows);
    expect(before.get(BOOKS, 'a')?.pages?.count).toBe(1);
    expect(Object.isFrozen(before.get(BOOKS, 'a')?.pages)).toBe(true);
  });

  test('rows read by prefix, from a key, backwards, and in the order of an index', async () => {
    const { store, add } = await setUp();
    for (const id of ['b2', 'a1', 'b1', 'c1']) await add(id);
    const snapshot = store.snapshot();
    const ids = (rows: Iterable<Book>) => Array.from(rows, ({ id }) => id);
    expect(ids(snapshot.range(BOOKS, { prefix: 'b' }))).toEqual(['b1', 'b2']);
    expect(ids(snapshot.range(BOOKS, { prefix: 'b', reverse: true }))).toEqual(['b2', 'b1']);
    expect(ids(snapshot.range(BOOKS, { from: 'b2' }))).toEqual(['b2', 'c1']);
    expect(ids(snapshot.range(BOOKS, { from: 'b2', reverse: true }))).toEqual(['b2', 'b1', 'a1']);
    expect(ids(snapshot.range(BOOKS, { prefix: 'b', from: 'a' }))).toEqual(['b1', 'b2']);
    expect(ids(snapshot.ordered(BOOKS, 'creation'))).toEqual(['b2', 'a1', 'b1', 'c1']);
    expect(() => [...snapshot.find(BOOKS, 'colour', 'x')]).toThrow('table books has no index colour');
  });

  test('a table that was not declared here cannot be read', async () => {
    const { store } = await setUp();
    const other = defineTable<Book>({ name: 'books', key: ({ id }) => id });
    expect(() => store.snapshot().rows(other)).toThrow("table books is not one of this store's");
    expect(() => defineTable<Book>({ name: 'Books', key: ({ id }) => id })).toThrow('no table name: Books');
  });
});

describe('waiting', () => {
  const wait = { timeoutMs: 10_000 };

  test('a wait ends with the change it is for, and with no other', async () => {
    const { store, add } = await setUp();
    await add('a');
    const ended: string[] = [];
    void store.waitBeyond({ table: BOOKS }, 2, wait).then(() => ended.push('table'));
    void store.waitBeyond({ table: BOOKS, key: 'a' }, 2, wait).then(() => ended.push('a'));
    void store.waitBeyond([{ table: BOOKS, key: 'b' }, { table: SHELVES }], 2, wait).then(() => ended.push('b'));
    await store.transact((tx) => tx.put(SHELVES, { id: 's' }));
    expect(ended).toEqual(['b']);
    await add('c');
    expect(ended).toEqual(['b', 'table']);
    await store.transact((tx) => tx.delete(BOOKS, 'a'));
    expect(ended).toEqual(['b', 'table', 'a']);
  });

  test('what has already changed is not waited for', async () => {
    const { store, add, clock } = await setUp();
    await add('a');
    expect(await store.waitBeyond({ table: BOOKS }, 1, wait)).toBe(true);
    expect(await store.waitBeyond({ table: BOOKS, key: 'a' }, 1, wait)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('a wait ends when its time is over or its caller is gone, and leaves nothing behind', async () => {
    const { store, clock } = await setUp();
    const timedOut = store.waitBeyond({ table: BOOKS }, 1, wait);
    await clock.advance(10_000);
    expect(await timedOut).toBe(false);
    const abort = new AbortController();
    const aborted = store.waitBeyond({ table: BOOKS }, 1, { ...wait, signal: abort.signal });
    abort.abort();
    expect(await aborted).toBe(false);
    expect(await store.waitBeyond({ table: BOOKS }, 1, { ...wait, signal: abort.signal })).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('a replaced state wakes everybody', async () => {
    const { store, add } = await setUp();
    await add('a');
    const image = imageOf(store.index, imagePieces(store.snapshot()));
    await add('b');
    const told: (number | undefined)[] = [];
    store.onDidCommit((commit) => told.push(commit?.index));
    const waits = [
      store.waitBeyond({ table: SHELVES }, store.index, wait),
      store.waitBeyond({ table: BOOKS, key: 'b' }, 3, wait),
    ];
    expect(await store.replace(image)).toBe(4);
    expect(await Promise.all(waits.slice(1))).toEqual([true]);
    expect(store.snapshot().rows(BOOKS)).toMatchObject([{ id: 'a', createIndex: 2, modifyIndex: 2 }]);
    expect(told).toEqual([undefined]);
  });
});
