import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AllocFiles } from './alloc-files.js';
import type { StreamQuery } from './alloc-files.js';
import type { FileFrame } from './file-frames.js';
import type { LogQuery } from './log-reader.js';

let outside = '';
let root = '';
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'steppe-files-'));
  root = join(outside, 'alloc-1');
  for (const folder of ['alloc/logs', 'alloc/data', 'web/local', 'web/secrets', 'web/.steppe']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(join(outside, 'other'), 'of somebody else');
  writeFileSync(join(root, 'web/secrets/nomad_token'), 'jwt');
  writeFileSync(join(root, 'web/local/page'), 'hello world');
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

const create = () => {
  const clock = new SimClock();
  return { clock, files: new AllocFiles(root, { tasks: ['web'] }, { clock }) };
};

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

describe('the files of an allocation', () => {
  test('are listed by name, with kind, size and rights; what is the agent’s own is not', async () => {
    const { files } = create();
    chmodSync(join(root, 'web/local/page'), 0o640);
    symlinkSync('page', join(root, 'web/local/link'));
    expect((await files.list('web')).map(({ name, isFolder }) => [name, isFolder])).toEqual([
      ['local', true],
      ['secrets', true],
    ]);
    expect(await files.list('/web/local/')).toMatchObject([
      { name: 'link', isFolder: false, mode: 'Lrwxrwxrwx' },
      { name: 'page', isFolder: false, sizeBytes: 11, mode: '-rw-r-----' },
    ]);
    expect(await files.stat('web/local/link')).toMatchObject({ name: 'page', sizeBytes: 11 });
    expect(await files.stat('/')).toMatchObject({ name: '', isFolder: true });
  });

  test('are read as a whole or in part', async () => {
    const { files } = create();
    expect(await textOf(files.read('web/local/page'))).toBe('hello world');
    expect(await textOf(files.read('web/local/page', { offset: 6, limit: 3 }))).toBe('wor');
    expect(await textOf(files.read('web/local/page', { offset: 60 }))).toBe('');
    writeFileSync(join(root, 'alloc/data/big'), Buffer.alloc(200_000, 'x'));
    expect(await textOf(files.read('alloc/data/big'))).toHaveLength(200_000);
  });

  test.each([
    ['../other', 'Path escapes the alloc directory'],
    ['../nothing', 'Path escapes the alloc directory'],
    ['web/../../other', 'Path escapes the alloc directory'],
    ['web/local/out', 'Path escapes the alloc directory'],
    ['web/local/up/other', 'Path escapes the alloc directory'],
    ['web/secrets/nomad_token', 'Reading secret file prohibited'],
    ['web/local/in', 'Reading secret file prohibited'],
    ['web/.steppe', 'not a path'],
    ['web/local', 'not a file'],
    ['web/local/pipe', 'not a file'],
    ['web/\0', 'not a path'],
    ['x'.repeat(5_000), 'not a path'],
  ])('%j is refused', async (path, message) => {
    const { files } = create();
    symlinkSync('../../../other', join(root, 'web/local/out'));
    symlinkSync('../../..', join(root, 'web/local/up'));
    symlinkSync('../secrets/nomad_token', join(root, 'web/local/in'));
    spawnSync('mkfifo', [join(root, 'web/local/pipe')]);
    const refusal = { code: 'CLIENT_FILE_REFUSED', message: expect.stringContaining(message) };
    await expect(textOf(files.read(path))).rejects.toMatchObject(refusal);
  });

  test('what is not there, or no folder, is said to be so', async () => {
    const { files } = create();
    await expect(textOf(files.read('web/nothing'))).rejects.toMatchObject({ code: 'CLIENT_FILE_NOT_FOUND' });
    await expect(files.list('web/local/page')).rejects.toMatchObject({
      code: 'CLIENT_FILE_NOT_FOUND',
      message: 'not a directory: "web/local/page"',
    });
    await expect(files.list('web/secrets')).rejects.toMatchObject({ code: 'CLIENT_FILE_REFUSED' });
  });

  test.each([
    [{ offset: -1 }, 'offset must be a whole number from 0, got -1'],
    [{ limit: 1.5 }, 'limit must be a whole number from 0, got 1.5'],
  ])('a range of %j is an error', async (range, message) => {
    await expect(textOf(create().files.read('web/local/page', range))).rejects.toThrow(message);
  });
});

/** Reads while the test changes what is read. */
const follow = (open: (files: AllocFiles, signal: AbortSignal) => AsyncIterable<FileFrame>) => {
  const { clock, files } = create();
  const abort = new AbortController();
  const texts: string[] = [];
  const reading = (async () => {
    for await (const { data, fileEvent } of open(files, abort.signal)) {
      texts.push(fileEvent === '' ? data.toString() : fileEvent);
    }
  })();
  const until = async (count: number): Promise<void> => {
    while (texts.length < count) {
      await clock.advance(200);
      await new Promise(setImmediate);
    }
  };
  return { abort, clock, reading, texts, until };
};

describe('a file that is streamed', () => {
  const PATH = 'web/local/page';
  const file = (): string => join(root, PATH);

  async function framesOf(query: Partial<StreamQuery>): Promise<readonly FileFrame[]> {
    const frames: FileFrame[] = [];
    for await (const frame of create().files.stream({ path: PATH, follow: false, ...query })) frames.push(frame);
    return frames;
  }

  const followed = () => follow((files, signal) => files.stream({ path: PATH }, { signal }));

  test.each([
    [{}, 0, 'hello world'],
    [{ offset: 6 }, 6, 'world'],
    [{ origin: 'end', offset: 3 }, 8, 'rld'],
    [{ origin: 'end', offset: 100 }, 0, 'hello world'],
  ] as const)('%j begins at %i', async (query, offset, text) => {
    expect(await framesOf(query)).toEqual([{ file: PATH, offset, data: Buffer.from(text), fileEvent: '' }]);
  });

  test('says nothing behind its end', async () => {
    expect(await framesOf({ offset: 100 })).toEqual([]);
    expect(await framesOf({ origin: 'end' })).toEqual([]);
  });

  test('is followed as it grows, over being shortened, until nobody wants more', async () => {
    const { abort, clock, reading, texts, until } = followed();
    await until(1);
    appendFileSync(file(), '!');
    await until(2);
    truncateSync(file(), 0);
    await until(3);
    appendFileSync(file(), 'again');
    await until(4);
    abort.abort();
    await reading;
    expect([texts, clock.pending]).toEqual([['hello world', '!', 'file truncated', 'again'], 0]);
  });

  test.each([
    ['deleted', () => rmSync(file())],
    ['moved away', () => renameSync(file(), join(root, 'web/local/page.1'))],
    [
      'another one',
      () => {
        writeFileSync(`${file()}.new`, 'another');
        renameSync(`${file()}.new`, file());
      },
    ],
  ])('ends when it is %s, with what was written before', async (_, change) => {
    const { reading, texts, until } = followed();
    await until(1);
    appendFileSync(file(), ' bye');
    change();
    await until(3);
    await reading;
    expect(texts).toEqual(['hello world', ' bye', 'file deleted']);
  });

  test.each([
    [{ path: 'web/nothing' }, 'no such file or directory: "web/nothing"'],
    [{ path: 'web/secrets/nomad_token' }, 'Reading secret file prohibited'],
    [{ offset: -1 }, 'offset must be a whole number from 0, got -1'],
  ])('%j is an error', async (query, message) => {
    await expect(framesOf(query)).rejects.toThrow(message);
  });
});

describe('logs', () => {
  const log = (number: number, text: string): void =>
    appendFileSync(join(root, `alloc/logs/web.stdout.${number}`), text);

  const followed = () =>
    follow((files, signal) => files.logs({ task: 'web', type: 'stdout', follow: true }, { signal }));

  async function read(query: Partial<LogQuery>): Promise<string> {
    let text = '';
    for await (const { data } of create().files.logs({ task: 'web', type: 'stdout', ...query }))
      text += data.toString();
    return text;
  }

  test('are one text over all files, from the start or back from the end', async () => {
    log(9, 'one ');
    log(10, 'two ');
    log(11, 'three');
    appendFileSync(join(root, 'alloc/logs/web.stdout.x'), 'no');
    appendFileSync(join(root, 'alloc/logs/web.stderr.0'), 'no');
    expect(await read({})).toBe('one two three');
    expect(await read({ offset: 6 })).toBe('o three');
    expect(await read({ offset: 100 })).toBe('');
    expect(await read({ origin: 'end', offset: 7 })).toBe('o three');
    expect(await read({ origin: 'end' })).toBe('');
    expect(await read({ origin: 'end', offset: 100 })).toBe('one two three');
  });

  test('say for each piece which file it is from, and where', async () => {
    log(0, 'abc');
    log(1, 'de');
    const frames: FileFrame[] = [];
    for await (const frame of create().files.logs({ task: 'web', type: 'stdout', offset: 1 })) frames.push(frame);
    expect(frames).toEqual([
      { file: 'alloc/logs/web.stdout.0', offset: 1, data: Buffer.from('bc'), fileEvent: '' },
      { file: 'alloc/logs/web.stdout.1', offset: 0, data: Buffer.from('de'), fileEvent: '' },
    ]);
  });

  test('of a task that has said nothing are empty; of one that is not there an error', async () => {
    expect(await read({})).toBe('');
    expect(() => create().files.logs({ task: 'db', type: 'stdout' })).toThrow('unknown task name "db"');
  });

  test('are followed: on to the next file, over one that was shortened, until nobody wants more', async () => {
    const { abort, clock, reading, texts, until } = followed();
    let isOver = false;
    void reading.then(() => (isOver = true));
    log(0, 'a');
    await until(1);
    log(0, 'b');
    await until(2);
    log(0, 'c');
    log(2, 'd');
    await until(4);
    truncateSync(join(root, 'alloc/logs/web.stdout.2'), 0);
    await until(5);
    log(2, 'e');
    await until(6);
    expect([texts, isOver]).toEqual([['a', 'b', 'c', 'd', 'file truncated', 'e'], false]);
    abort.abort();
    await reading;
    expect(clock.pending).toBe(0);
  });

  test('end when the allocation is collected, with what was written before', async () => {
    const { clock, reading, texts, until } = followed();
    log(0, 'a');
    await until(1);
    log(0, 'b');
    rmSync(root, { recursive: true });
    await until(3);
    await reading;
    expect([texts, clock.pending]).toEqual([['a', 'b', 'file deleted'], 0]);
  });

  test('that lead out of the allocation are refused', async () => {
    symlinkSync('../../../other', join(root, 'alloc/logs/web.stdout.0'));
    await expect(read({})).rejects.toMatchObject({ code: 'CLIENT_FILE_REFUSED' });
  });
});
