import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RecordingLogger } from '@steppe/testing';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocId, exampleAlloc } from '../testing/example-alloc.js';
import type { AllocRecord } from './alloc-record.js';
import { FileAllocStore } from './file-alloc-store.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const record = (n: number): AllocRecord => {
  const { allocation, job } = exampleAlloc({ id: allocId(n) });
  return { allocation, job, tasks: {}, acknowledged: 'x' };
};
const create = async () => {
  const logger = new RecordingLogger();
  const store = new FileAllocStore(join(folder, 'allocs'), { logger });
  await store.load();
  return { logger, store };
};
const file = (n: number): string => join(folder, 'allocs', `${allocId(n)}.json`);

test('what is kept is there again, for the owner only', async () => {
  const { store } = await create();
  await store.save(record(1));
  await store.save({ ...record(1), acknowledged: 'y' });
  await store.save(record(2));
  await store.remove(allocId(2));
  await store.remove(allocId(3));
  const plain = JSON.parse(JSON.stringify({ ...record(1), acknowledged: 'y' })) as AllocRecord;
  expect(await (await create()).store.load()).toEqual([plain]);
  expect(statSync(file(1)).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'allocs'))).toHaveLength(1);
});

test('a torn file, one of another layout, or somebody else’s is left out and named', async () => {
  const { store } = await create();
  for (const n of [1, 2, 3, 4]) await store.save(record(n));
  truncateSync(file(1), 100);
  writeFileSync(file(2), '{"format":99}');
  writeFileSync(file(3), readFileSync(file(4)));
  const { logger, store: again } = await create();
  const loaded = await again.load();
  expect(loaded.map(({ allocation }) => allocation.id)).toEqual([allocId(4)]);
  const named = logger.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['file']);
  expect(new Set(named)).toEqual(new Set([1, 2, 3].map((n) => `${allocId(n)}.json`)));
});

test('a half-written draft changes nothing', async () => {
  const { store } = await create();
  await store.save(record(1));
  writeFileSync(`${file(1)}.new`, '{"format":1,');
  expect(await (await create()).store.load()).toHaveLength(1);
});

test('an id that leads elsewhere is refused', async () => {
  const { store } = await create();
  await expect(store.remove('../../x')).rejects.toThrow('not the id of an allocation: "../../x"');
});
