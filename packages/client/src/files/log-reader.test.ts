import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { appendFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collect } from '../testing/collect.js';
import { TaskFolders } from '../testing/task-folders.js';
import { AllocationFiles } from './allocation-files.js';
import type { LogQuery, StreamFrame } from './log-reader.js';

let folders: TaskFolders;
let files: AllocationFiles;
let clock: SimClock;

beforeEach(async () => {
  folders = await TaskFolders.create();
  clock = new SimClock();
  files = new AllocationFiles(folders.folder, { clock });
});

afterEach(() => folders.remove());

const path = (number: number, name = 'web.stdout'): string => join(folders.folder, 'alloc/logs', `${name}.${number}`);
const shown = ({ data, ...frame }: StreamFrame) => ({ ...frame, data: data.toString() });
const frames = async (query: Partial<LogQuery> = {}) =>
  (await collect(files.logs({ task: 'web', type: 'stdout', ...query }))).map(shown);

describe('the log of a task', () => {
  beforeEach(async () => {
    await writeFile(path(9), 'abc');
    await writeFile(path(10), 'defg');
    await writeFile(path(9, 'web.stderr'), 'error');
    await writeFile(path(9, 'web.stdout.x'), 'of a task called "web.stdout.x"');
  });

  test('is that of all its files in the order of their numbers', async () => {
    expect(await frames()).toEqual([
      { offset: 0, data: 'abc', file: 'alloc/logs/web.stdout.9', fileEvent: '' },
      { offset: 0, data: 'defg', file: 'alloc/logs/web.stdout.10', fileEvent: '' },
    ]);
    expect(await frames({ type: 'stderr' })).toMatchObject([{ data: 'error' }]);
  });

  test('is read from an offset over all files, counted from either end', async () => {
    expect(await frames({ offset: 4 })).toMatchObject([{ offset: 1, data: 'efg' }]);
    expect(await frames({ offset: 3 })).toMatchObject([{ offset: 0, data: 'defg' }]);
    expect(await frames({ offset: 99 })).toEqual([]);
    expect(await frames({ origin: 'end', offset: 5 })).toMatchObject([{ offset: 2, data: 'c' }, { data: 'defg' }]);
    expect(await frames({ origin: 'end', offset: 99 })).toMatchObject([{ offset: 0, data: 'abc' }, { data: 'defg' }]);
    expect(await frames({ origin: 'end' })).toEqual([]);
  });

  test('that is followed goes on in the next file, until the signal aborts', async () => {
    const stop = new AbortController();
    const logs = files.logs({ task: 'web', type: 'stdout', origin: 'end', follow: true, signal: stop.signal });
    const first = await waitFor(logs);
    await appendFile(path(10), 'hij');
    expect(await first()).toMatchObject({ offset: 4, data: 'hij', file: 'alloc/logs/web.stdout.10' });
    const second = await waitFor(logs);
    await writeFile(path(12), 'k');
    await rm(path(10));
    expect(await second()).toMatchObject({ offset: 0, data: 'k', file: 'alloc/logs/web.stdout.12' });
    const last = await waitFor(logs);
    stop.abort();
    expect(await last()).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test('that is cut off while it is followed is read from its new start', async () => {
    const logs = files.logs({ task: 'web', type: 'stdout', origin: 'end', follow: true });
    const next = await waitFor(logs);
    await truncate(path(10), 1);
    expect(await next()).toMatchObject({ offset: 0, data: '', fileEvent: 'file truncated' });
    expect(await (await waitFor(logs))()).toMatchObject({ offset: 0, data: 'd', fileEvent: '' });
    await logs.return();
  });

  test('that is not there yet is said to be missing', async () => {
    await expect(frames({ task: 'db' })).rejects.toMatchObject({
      message: 'no file "alloc/logs/db.stdout.0"',
      detail: { code: 'ALLOC_FILE_NOT_FOUND' },
    });
  });
});

/** Asks for the next frame, and waits until the reader waits, too; gives what lets the time pass until it comes. */
async function waitFor(logs: AsyncGenerator<StreamFrame, void>) {
  let done = false;
  const next = logs.next().finally(() => {
    done = true;
  });
  const turn = () => new Promise(setImmediate);
  while (!done && clock.pending === 0) await turn();
  return async () => {
    for (; !done; await turn()) await clock.advance(50);
    const { value } = await next;
    return value === undefined ? undefined : shown(value);
  };
}
