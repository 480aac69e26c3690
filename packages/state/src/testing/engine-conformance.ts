import { silentLogger, noMetrics } from '@steppe/runtime';
import type { Clock } from '@steppe/runtime';
import assert from 'node:assert/strict';
import type { Commit, Mutation, StateImage } from '../change/commit.js';
import type { EngineSink, StateEngine } from '../engine/state-engine.js';
import { EngineStateStore } from '../store/state-store.js';
import { defineTable } from '../table/table.js';

/** Where the engines under test keep one state. */
export interface EnginePlace {
  /** An engine on this place, not opened yet. Called again after the one before was closed. */
  create(): StateEngine | Promise<StateEngine>;
  /** Whether what was acknowledged is there for the next engine. */
  readonly isDurable: boolean;
  readonly clock: Clock;
}

export interface ConformanceCase {
  /** A sentence: what holds. */
  readonly title: string;
  /** Rejects when it does not hold. Each case needs a place of its own. */
  run(place: EnginePlace): Promise<void>;
}

interface Fruit {
  readonly name: string;
  readonly colour: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

const FRUITS = defineTable<Fruit>({
  name: 'fruits',
  key: ({ name }) => name,
  indexes: { colour: { values: ({ colour }) => colour } },
});

/** Remembers what an engine tells, and holds the contract of the calls. */
class RecordingSink implements EngineSink {
  readonly commits: Commit[] = [];
  readonly images: StateImage[] = [];
  index = 0;

  reset(image: StateImage): void {
    this.images.push(image);
    this.index = image.index;
  }

  commit(commit: Commit): void {
    assert.ok(this.images.length > 0, 'a commit came before the first image');
    assert.ok(commit.index > this.index, `commit ${commit.index} does not follow ${this.index}`);
    this.index = commit.index;
    this.commits.push(commit);
  }

  get image(): StateImage {
    return this.images.at(-1) as StateImage;
  }
}

const put = (key: string, value = '{}', createIndex = 0): Mutation => ({
  op: 'put',
  table: 'fruits',
  key,
  value,
  createIndex,
});
const remove = (key: string): Mutation => ({ op: 'delete', table: 'fruits', key });
const sortedRows = (image: StateImage, table = 'fruits') =>
  [...(image.tables.get(table)?.rows ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1));

async function opened(place: EnginePlace): Promise<{ engine: StateEngine; sink: RecordingSink }> {
  const engine = await place.create();
  const sink = new RecordingSink();
  await engine.open(sink);
  return { engine, sink };
}

/** What every engine must do; run each case as a test. Only what the engine promises: speed and storage are its own. */
export const ENGINE_CONFORMANCE: readonly ConformanceCase[] = [
  {
    title: 'an empty state is at index 1 or above, without tables',
    async run(place) {
      const { engine, sink } = await opened(place);
      assert.equal(sink.images.length, 1);
      assert.ok(sink.index >= 1);
      assert.deepEqual([...sink.image.tables], []);
      await engine.close();
    },
  },
  {
    title: 'an append is acknowledged with its index, and by then the sink has it',
    async run(place) {
      const { engine, sink } = await opened(place);
      const first = await engine.append([put('apple', '{"colour":"red"}'), put('pear')]);
      assert.equal(sink.index, first);
      const second = await engine.append([remove('pear')]);
      assert.ok(second > first);
      assert.deepEqual(sink.commits, [
        { index: first, mutations: [put('apple', '{"colour":"red"}'), put('pear')] },
        { index: second, mutations: [remove('pear')] },
      ]);
      await engine.close();
    },
  },
  {
    title: 'the log tail reaches from any index it still has to the newest commit',
    async run(place) {
      const { engine, sink } = await opened(place);
      const start = sink.index;
      const first = await engine.append([put('apple')]);
      const second = await engine.append([put('pear')]);
      assert.deepEqual(engine.tail(start), sink.commits);
      assert.deepEqual(engine.tail(first), sink.commits.slice(1));
      assert.deepEqual(engine.tail(second), []);
      assert.equal(engine.tail(0), undefined);
      await engine.close();
    },
  },
  {
    title: 'what was acknowledged is there when the place is opened again, with its indexes',
    async run(place) {
      const { engine } = await opened(place);
      const first = await engine.append([put('apple', '"ä\u{1f34e}"'), put('pear')]);
      const second = await engine.append([put('apple', '2', first), remove('pear')]);
      const third = await engine.append([{ op: 'put', table: 'nuts', key: 'a/b', value: '', createIndex: 0 }]);
      await engine.close();
      const again = await opened(place);
      if (place.isDurable) {
        assert.equal(again.sink.index, third);
        assert.deepEqual(sortedRows(again.sink.image), [
          { key: 'apple', value: '2', createIndex: first, modifyIndex: second },
        ]);
        assert.equal(again.sink.image.tables.get('fruits')?.index, second);
        assert.deepEqual(again.sink.image.tables.get('nuts'), {
          index: third,
          rows: [{ key: 'a/b', value: '', createIndex: third, modifyIndex: third }],
        });
      }
      const next = await again.engine.append([put('cherry')]);
      assert.ok(!place.isDurable || next > third);
      await again.engine.close();
    },
  },
  {
    title: 'the index of a table counts its deletions, also after a restart',
    async run(place) {
      const { engine, sink } = await opened(place);
      await engine.append([put('apple')]);
      const gone = await engine.append([remove('apple')]);
      assert.equal(sink.index, gone);
      await engine.close();
      if (!place.isDurable) return;
      const again = await opened(place);
      assert.deepEqual(again.sink.image.tables.get('fruits'), { index: gone, rows: [] });
      await again.engine.close();
    },
  },
  {
    title: 'a replacement is one commit above both indexes, and rows keep theirs',
    async run(place) {
      const { engine, sink } = await opened(place);
      await engine.append([put('apple'), put('pear')]);
      const image: StateImage = {
        index: 900_000,
        tables: new Map([
          [
            'fruits',
            {
              index: 800_000,
              rows: Array.from({ length: 300 }, (_, i) => ({
                key: `f${1_000 + i}`,
                value: `${i}`,
                createIndex: 7 + i,
                modifyIndex: 800_000,
              })),
            },
          ],
        ]),
      };
      const index = await engine.replace(image);
      assert.ok(index > 900_000);
      assert.equal(sink.index, index);
      assert.equal(sink.image.tables.get('fruits')?.index, index);
      assert.deepEqual(sortedRows(sink.image), image.tables.get('fruits')?.rows);
      const next = await engine.append([put('f1000', 'x', 7)]);
      assert.ok(next > index);
      await engine.close();
      if (!place.isDurable) return;
      const again = await opened(place);
      assert.equal(again.sink.index, next);
      assert.equal(sortedRows(again.sink.image).length, 300);
      assert.deepEqual(sortedRows(again.sink.image)[0], {
        key: 'f1000',
        value: 'x',
        createIndex: 7,
        modifyIndex: next,
      });
      await again.engine.close();
    },
  },
  {
    title: 'catching up with nobody ahead changes nothing',
    async run(place) {
      const { engine, sink } = await opened(place);
      const index = await engine.append([put('apple')]);
      await engine.catchUp();
      assert.equal(sink.index, index);
      assert.equal(sink.images.length, 1);
      await engine.close();
    },
  },
  {
    title: 'a closed engine takes no more writes, and may be closed again',
    async run(place) {
      const { engine } = await opened(place);
      await engine.close();
      await engine.close();
      assert.equal(engine.isWritable, false);
      await assert.rejects(engine.append([put('apple')]));
    },
  },
  {
    title: 'a store on it commits many transactions at once, each seeing those before it',
    async run(place) {
      const engine = await place.create();
      const deps = { engine, clock: place.clock, logger: silentLogger, metrics: noMetrics };
      const store = new EngineStateStore({ tables: [FRUITS] }, deps);
      await store.start();
      const count = 300;
      const results = await Promise.all(
        Array.from({ length: count }, (_, i) =>
          store.transact((tx) => {
            tx.put(FRUITS, { name: `f${i}`, colour: i % 2 === 0 ? 'red' : 'green' });
            return tx.count(FRUITS);
          }),
        ),
      );
      assert.deepEqual(
        results.map(({ value }) => value),
        Array.from({ length: count }, (_, i) => i + 1),
      );
      const snapshot = store.snapshot();
      assert.equal(snapshot.count(FRUITS), count);
      assert.equal([...snapshot.find(FRUITS, 'colour', 'red')].length, count / 2);
      for (const [i, { index }] of results.entries()) {
        assert.equal(snapshot.get(FRUITS, `f${i}`)?.modifyIndex, index);
        assert.equal(snapshot.get(FRUITS, `f${i}`)?.createIndex, index);
      }
      await store.stop();
    },
  },
  {
    title: 'increments that race on one row are all counted, each at an index of its own',
    async run(place) {
      const engine = await place.create();
      const deps = { engine, clock: place.clock, logger: silentLogger, metrics: noMetrics };
      const store = new EngineStateStore({ tables: [FRUITS] }, deps);
      await store.start();
      const increments = Array.from({ length: 20 }, () =>
        store.transact((tx) =>
          tx.put(FRUITS, { name: 'n', colour: `${Number(tx.get(FRUITS, 'n')?.colour ?? 0) + 1}` }),
        ),
      );
      const indexes = (await Promise.all(increments)).map(({ index }) => index);
      assert.equal(new Set(indexes).size, 20);
      assert.equal(store.snapshot().get(FRUITS, 'n')?.colour, '20');
      assert.equal(store.snapshot().get(FRUITS, 'n')?.createIndex, indexes[0]);
      await store.stop();
    },
  },
];
