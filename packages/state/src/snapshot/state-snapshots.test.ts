import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createEtcdState } from '../engine/etcd/create-etcd-state.js';
import { LmdbEngine } from '../engine/lmdb/lmdb-engine.js';
import { MemoryEngine } from '../engine/memory/memory-engine.js';
import type { StateEngine } from '../engine/state-engine.js';
import { EngineStateStore } from '../store/state-store.js';
import type { Table } from '../table/table.js';
import { defineTable } from '../table/table.js';
import { EtcdCluster, HAS_ETCD } from '../testing/etcd-cluster.js';
import { inspectState, restoreState, saveState } from './state-snapshots.js';

interface Row {
  readonly id: string;
  readonly text: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
const LEFT = defineTable<Row>({ name: 'left', key: ({ id }) => id });
const RIGHT = defineTable<Row>({ name: 'right', key: ({ id }) => id });
const runtime = { clock: new SystemClock(), logger: silentLogger, metrics: noMetrics, random: new SystemRandom() };

async function storeOn(engine: StateEngine, tables: readonly Table[] = [LEFT, RIGHT]): Promise<EngineStateStore> {
  const store = new EngineStateStore({ tables }, { engine, ...runtime });
  await store.start();
  return store;
}
async function filled(store: EngineStateStore): Promise<void> {
  for (let i = 0; i < 30; i += 1) {
    await store.transact((tx) => {
      tx.put(LEFT, { id: `l${i % 20}`, text: `ä "${i}"\n` });
      if (i % 3 === 0) tx.put(RIGHT, { id: `r${i}`, text: '' });
      tx.delete(RIGHT, `r${i - 6}`);
    });
  }
}
async function saved(store: EngineStateStore): Promise<Buffer> {
  const out = new PassThrough();
  const [content] = await Promise.all([buffer(out), saveState(store, out)]);
  return content;
}
/** In pieces of odd sizes, as a network delivers them. */
function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0, size = 1; at < content.length; at += size, size = (size * 7) % 1_000 || 1) {
    yield content.subarray(at, at + size);
  }
}
const streamOf = (content: Buffer) => Readable.from(pieces(content));

const folder = mkdtempSync(join(tmpdir(), 'steppe-snapshot-'));
const cluster = new EtcdCluster({ network: '127.91.3' });
beforeAll(() => (HAS_ETCD ? cluster.start() : undefined));
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

const engines = [
  ['memory', async () => ({ engine: new MemoryEngine(), stop: async () => undefined })],
  ['lmdb', async () => ({ engine: new LmdbEngine({ folder }, runtime), stop: async () => undefined })],
  ...(HAS_ETCD
    ? [
        [
          'etcd',
          async () => {
            const options = { addresses: cluster.addresses, prefix: '/p', serverId: 'a', rpcAddress: () => 'a:1' };
            const { engine, leadership } = createEtcdState(options, runtime);
            return { engine, leadership, stop: () => leadership.stop() };
          },
        ] as const,
      ]
    : []),
] as const;

describe('a snapshot', () => {
  test.each(engines)('brings all state back, indexes included, on %s', async (_, create) => {
    const source = await storeOn(new MemoryEngine());
    await filled(source);
    const content = await saved(source);
    const made = await create();
    const store = await storeOn(made.engine);
    if ('leadership' in made) {
      const leads = new Promise<void>((resolve) => made.leadership.onDidChange((is) => is && resolve()));
      await made.leadership.start();
      await leads;
    }
    await store.transact((tx) => tx.put(LEFT, { id: 'before', text: 'goes' }));
    const before = store.index;
    const index = await restoreState(store, streamOf(content));
    expect(index).toBeGreaterThan(Math.max(before, source.index));
    expect(store.index).toBe(index);
    for (const table of [LEFT, RIGHT]) {
      expect(store.snapshot().rows(table)).toEqual(source.snapshot().rows(table));
      expect(store.snapshot().tableIndex(table)).toBe(index);
    }
    const again = await saved(store);
    expect((await inspectState(streamOf(again))).tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['left', 20],
      ['right', 2],
    ]);
    expect((await store.transact((tx) => tx.put(LEFT, { id: 'l1', text: '' }))).index).toBeGreaterThan(index);
    await made.stop();
    await store.stop();
  });

  test('tells what is in it, as it was told when it was made', async () => {
    const store = await storeOn(new MemoryEngine());
    await filled(store);
    const made = { term: 7, createdMs: 1_234_567_890_123 };
    const out = new PassThrough();
    const [content, summary] = await Promise.all([buffer(out), saveState(store, out, { made })]);
    const lines = content.toString('utf8').split('\n');
    const bytesOf = (table: number) =>
      lines.filter((line) => line.startsWith(`[${table},`)).reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    expect(await inspectState(streamOf(content))).toEqual(summary);
    expect(summary).toEqual({
      version: 1,
      index: 31,
      ...made,
      tables: [
        { name: 'left', index: 31, rows: 20, bytes: bytesOf(0) },
        { name: 'right', index: store.snapshot().tableIndex(RIGHT), rows: 2, bytes: bytesOf(1) },
      ],
      bytes: content.length,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('of the first builds, which did not tell who made it and when, is good all the same', async () => {
    const store = await storeOn(new MemoryEngine());
    await filled(store);
    const content = await saved(store);
    expect(content.toString('utf8')).not.toContain('createdMs');
    expect(await inspectState(streamOf(content))).toMatchObject({ term: undefined, createdMs: undefined });
    expect(await restoreState(store, streamOf(content))).toBeGreaterThan(31);
  });

  test('carries tables that are not known here', async () => {
    const source = await storeOn(new MemoryEngine());
    await filled(source);
    const store = await storeOn(new MemoryEngine(), [LEFT]);
    await restoreState(store, streamOf(await saved(source)));
    const onwards = await storeOn(new MemoryEngine());
    await restoreState(onwards, streamOf(await saved(store)));
    expect(onwards.snapshot().rows(RIGHT)).toEqual(source.snapshot().rows(RIGHT));
  });

  test.each([
    ['is cut anywhere', (text: string) => text.slice(0, -1), 'it is cut short'],
    ['has lost its last line', (text: string) => text.replace(/\{"sha256".*\n/, ''), 'it is cut short'],
    ['was altered', (text: string) => text.replace('"l3"', '"x3"'), 'the checksum is wrong'],
    ['has lost a row', (text: string) => text.replace(/\[0,"l3".*\n/, ''), 'the checksum is wrong'],
    ['has something added', (text: string) => `${text}[]\n`, 'something follows the checksum'],
    ['is of a later version', (text: string) => text.replace('"version":1', '"version":2'), 'its version is 2'],
    ['is something else', () => 'hello\n', 'it is not a snapshot of Steppe'],
    ['is empty', () => '', 'it is cut short'],
    ['has a damaged row', (text: string) => text.replace(/\[0,"l3",\d+/, '[0,"l3",-1'), 'a row is damaged'],
    [
      'has a damaged time',
      (text: string) => text.replace('"index":31', '"index":31,"createdMs":"x"'),
      'the header is damaged',
    ],
    ['has a damaged header', (text: string) => text.replace('"name":"left"', '"name":"../x"'), 'the header is damaged'],
  ])('that %s is refused, and changes nothing', async (_, alter, reason) => {
    const store = await storeOn(new MemoryEngine());
    await filled(store);
    const before = store.index;
    const content = Buffer.from(alter((await saved(store)).toString('utf8')));
    await expect(restoreState(store, streamOf(content))).rejects.toMatchObject({
      code: 'STATE_SNAPSHOT_INVALID',
      message: expect.stringContaining(reason),
    });
    expect(store.index).toBe(before);
  });
});
