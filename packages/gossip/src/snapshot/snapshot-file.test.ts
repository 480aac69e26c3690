import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { FileSnapshotStore } from './file-snapshot-store.js';
import { MemorySnapshotStore } from './memory-snapshot-store.js';
import { SnapshotFile } from './snapshot-file.js';
import type { SnapshotStore } from './snapshot-store.js';

const A = { host: '10.0.0.1', port: 7946 };

function newFile(store: SnapshotStore) {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const times = { clock: 1, eventClock: 1, queryClock: 1 };
  const file = new SnapshotFile(
    { rejoinAfterLeave: false },
    { store, clock, logger, metrics: noMetrics, times: () => times },
  );
  return { file, clock, logger, times };
}

describe('SnapshotFile', () => {
  test('notes reach the store twice a second, and clocks only when they moved', async () => {
    const store = new MemorySnapshotStore();
    const { file, clock, times } = newFile(store);
    await file.open();
    file.memberAlive('a', A);
    file.memberAlive('b', { host: '::1', port: 1 });
    file.memberGone('b');
    file.memberGone('stranger');
    expect(store.text).toBeUndefined();
    await clock.advance(500);
    expect(store.text).toBe('alive: a 10.0.0.1:7946\nalive: b [::1]:1\nnot-alive: b\n');
    times.clock = 5;
    await clock.advance(500);
    expect(store.text).toMatch(/not-alive: b\nclock: 4\n$/);
    await clock.advance(500);
    expect(store.text?.match(/clock/g)).toHaveLength(1);
    await file.close();
    expect(clock.pending).toBe(0);
  });

  test('a new life finds the members and continues the clocks', async () => {
    const store = new MemorySnapshotStore();
    const first = newFile(store);
    await first.file.open();
    first.file.memberAlive('a', A);
    Object.assign(first.times, { clock: 4, eventClock: 8, queryClock: 2 });
    await first.file.close();
    expect(await newFile(store).file.open()).toEqual({
      alive: new Map([['a', A]]),
      clock: 3,
      eventClock: 7,
      queryClock: 1,
    });
  });

  test('after a departure nothing of others is noted, and the next life starts empty', async () => {
    const store = new MemorySnapshotStore();
    const { file } = newFile(store);
    await file.open();
    file.memberAlive('a', A);
    file.leave();
    file.memberGone('a');
    await file.close();
    expect(store.text).toBe('alive: a 10.0.0.1:7946\nleave\n');
    expect((await newFile(store).file.open()).alive.size).toBe(0);
  });

  test('a torn last line is repaired before anything is appended to it', async () => {
    const store = new MemorySnapshotStore('alive: a 10.0.0.1:7946\nalive: b 10.0.');
    const { file, clock } = newFile(store);
    await file.open();
    await clock.advance(500);
    expect(store.text).toBe('alive: a 10.0.0.1:7946\nclock: 0\nevent-clock: 0\nquery-clock: 0\n');
  });

  test('the file is written anew when it has grown beyond 128 KiB', async () => {
    const store = new MemorySnapshotStore();
    const { file, clock } = newFile(store);
    await file.open();
    for (let i = 0; i < 4000; i += 1) {
      file.memberAlive('a', A);
      file.memberGone('a');
    }
    await clock.advance(500);
    expect(store.compactions).toBe(1);
    expect(store.text).toBe('clock: 0\nevent-clock: 0\nquery-clock: 0\n');
  });

  test('a store that fails is logged, and gets the whole truth once it works', async () => {
    const store = new MemorySnapshotStore();
    const { file, clock, logger } = newFile(store);
    await file.open();
    const append = store.append.bind(store);
    store.append = () => Promise.reject(new Error('ENOSPC'));
    file.memberAlive('a', A);
    await clock.advance(500);
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { error: 'ENOSPC' } }]);
    store.append = append;
    await clock.advance(500);
    expect(store.text).toContain('alive: a 10.0.0.1:7946\n');
  });
});

describe('FileSnapshotStore', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'snapshot-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('appends, replaces by rename, and keeps the file to its owner', async () => {
    const path = join(directory, 'serf', 'snapshot');
    const store = new FileSnapshotStore(path);
    expect(await store.read()).toBeUndefined();
    await store.append('one\n');
    await store.append('two\n');
    expect(await store.read()).toBe('one\ntwo\n');
    await store.replace('three\n');
    await store.append('four\n');
    await store.close();
    expect(await readFile(path, 'utf8')).toBe('three\nfour\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, 'serf'))).toEqual(['snapshot']);
  });
});
