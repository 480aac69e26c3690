import { afterAll, describe, expect, test } from '@jest/globals';
import { silentLogger, SystemClock } from '@steppe/runtime';
import { RecordingLogger } from '@steppe/testing';
import { open } from 'lmdb';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mutation, StateImage } from '../../change/commit.js';
import { ENGINE_CONFORMANCE } from '../../testing/engine-conformance.js';
import { LmdbEngine } from './lmdb-engine.js';

const root = mkdtempSync(join(tmpdir(), 'steppe-lmdb-'));
let places = 0;
const newFolder = () => join(root, `${(places += 1)}`);
const engineIn = (folder: string, logger = silentLogger) => new LmdbEngine({ folder }, { logger });
const put = (key: string, value = '1'): Mutation => ({ op: 'put', table: 't', key, value, createIndex: 0 });

async function opened(engine: LmdbEngine) {
  const told: { image?: StateImage; commits: number[] } = { commits: [] };
  await engine.open({
    reset: (image) => (told.image = image),
    commit: ({ index }) => void told.commits.push(index),
  });
  return told;
}

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('LmdbEngine conforms', () => {
  test.each(ENGINE_CONFORMANCE)('$title', async (conformance) => {
    const folder = newFolder();
    await conformance.run({ create: () => engineIn(folder), isDurable: true, clock: new SystemClock() });
  });
});

describe('LmdbEngine', () => {
  test('the tail of the log is still there after a restart, and stays bounded', async () => {
    const folder = newFolder();
    const engine = engineIn(folder);
    await opened(engine);
    const large = 'x'.repeat(1_000_000);
    for (let i = 0; i < 12; i += 1) await engine.append([put(`k${i}`, large)]);
    await engine.close();
    const again = engineIn(folder);
    await opened(again);
    expect(again.tail(12)).toEqual([{ index: 13, mutations: [put('k11', large)] }]);
    expect(again.tail(6)?.map(({ index }) => index)).toEqual([7, 8, 9, 10, 11, 12, 13]);
    expect(again.tail(5)).toBeUndefined();
    await again.close();
  });

  test('a second process that writes to the same folder is found out, and harms nothing', async () => {
    const folder = newFolder();
    const first = engineIn(folder);
    const second = engineIn(folder);
    await opened(first);
    const told = await opened(second);
    await first.append([put('a')]);
    await expect(second.append([put('b')])).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await second.catchUp();
    expect(told.image).toMatchObject({ index: 2 });
    expect(await second.append([put('b')])).toBe(3);
    await second.close();
    await first.close();
  });

  test('a file that is mostly holes is written anew when it is opened, with all that counts', async () => {
    const folder = newFolder();
    const engine = engineIn(folder);
    await opened(engine);
    const large = 'x'.repeat(100_000);
    await engine.append(Array.from({ length: 100 }, (_, i) => put(`k${i}`, large)));
    await engine.replace({ index: 5, tables: new Map() });
    const index = await engine.append([put('left')]);
    await engine.close();
    const before = statSync(join(folder, 'state.mdb')).size;
    const logger = new RecordingLogger();
    const again = new LmdbEngine({ folder, compactFromBytes: 1_000_000 }, { logger });
    const { image } = await opened(again);
    expect(image?.index).toBe(index);
    expect(image?.tables.get('t')?.rows).toMatchObject([{ key: 'left' }]);
    expect(logger.lines).toMatchObject([{ level: 'info', message: 'state compacted' }]);
    expect(statSync(join(folder, 'state.mdb')).size).toBeLessThan(before / 4);
    expect(await again.append([put('more')])).toBe(index + 1);
    await again.close();
  });

  test('a newer format, and a database of somebody else, are refused with what to do, and left alone', async () => {
    const newer = newFolder();
    mkdirSync(newer);
    const database = open({ path: join(newer, 'state.mdb'), noSubdir: true, maxDbs: 4, encoding: 'string' });
    await database.openDB({ name: 'meta', encoding: 'string' }).put('format', 'steppe-state 2');
    await database.close();
    await expect(opened(engineIn(newer))).rejects.toThrow(
      `${newer}/state.mdb holds "steppe-state 2"; a newer version of Steppe has written it: upgrade, or restore a snapshot into an empty folder`,
    );

    const other = newFolder();
    mkdirSync(other);
    const foreign = open({ path: join(other, 'state.mdb'), noSubdir: true, encoding: 'string' });
    await foreign.put('somebody', 'else');
    await foreign.close();
    await expect(opened(engineIn(other))).rejects.toMatchObject({
      detail: { code: 'STATE_FORMAT_UNSUPPORTED', found: 'another database' },
    });
  });

  test('a file that is no database is refused, and left alone', async () => {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, 'state.mdb'), 'hello '.repeat(10_000));
    await expect(opened(engineIn(folder))).rejects.toMatchObject({ code: 'STATE_FORMAT_UNSUPPORTED' });
    expect(statSync(join(folder, 'state.mdb')).size).toBe(60_000);
  });
});
