import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotatingFile } from '../drivers/supervisor/rotating-file.js';
import type { FileFrame, LogOptions } from './alloc-files.js';
import { AllocFiles } from './alloc-files.js';

let outside: string;
let folder: string;
let clock: SimClock;
let files: AllocFiles;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'steppe-files-'));
  folder = join(outside, 'a1');
  for (const name of ['alloc/logs', 'main/local', 'main/secrets', 'main/.steppe'])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'main/local/page.html'), 'hello world');
  writeFileSync(join(folder, 'main/secrets/nomad_token'), 'secret');
  writeFileSync(join(outside, 'passwd'), 'root');
  clock = new SimClock();
  files = new AllocFiles({ folder, clock });
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

const signal = new AbortController().signal;
const whole = { offset: 0, origin: 'start', follow: false, signal } as const;
async function textOf(frames: AsyncIterable<FileFrame>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const { data } of frames) pieces.push(data);
  return Buffer.concat(pieces).toString();
}

describe('files', () => {
  test('are listed and described, without what is the driver’s', async () => {
    expect((await files.list('/')).map(({ name, isFolder }) => [name, isFolder])).toEqual([
      ['alloc', true],
      ['main', true],
    ]);
    expect((await files.list('main')).map(({ name }) => name)).toEqual(['local', 'secrets']);
    expect(await files.stat('main/local/page.html')).toMatchObject({
      name: 'page.html',
      isFolder: false,
      size: 11,
      mode: expect.stringMatching(/^-rw-/) as unknown,
    });
  });

  test('are read from anywhere, as far as wanted', async () => {
    const read = (options: object, limit?: number) =>
      textOf(files.read('main/local/page.html', { ...whole, ...options }, limit));
    expect(await read({})).toBe('hello world');
    expect(await read({ offset: 6 })).toBe('world');
    expect(await read({ offset: 5, origin: 'end' })).toBe('world');
    expect(await read({ offset: 100, origin: 'end' })).toBe('hello world');
    expect(await read({ offset: 1 }, 4)).toBe('ello');
  });

  test.each([
    ['../passwd', 'escapes the allocation directory'],
    ['main/../../passwd', 'escapes the allocation directory'],
    ['main/local/link', 'escapes the allocation directory'],
    ['main/local/links/passwd', 'escapes the allocation directory'],
    ['main/secrets', 'is prohibited'],
    ['main/secrets/nomad_token', 'is prohibited'],
    ['main/local/to-secrets/nomad_token', 'is prohibited'],
    ['main/.steppe', 'is prohibited'],
    ['main/none', 'does not exist'],
  ])('%s: %s', async (path, problem) => {
    symlinkSync(join(outside, 'passwd'), join(folder, 'main/local/link'));
    symlinkSync(outside, join(folder, 'main/local/links'));
    symlinkSync('../secrets', join(folder, 'main/local/to-secrets'));
    const expected = { code: 'ALLOC_FILE_INVALID', message: expect.stringContaining(problem) as unknown };
    await expect(files.stat(path)).rejects.toMatchObject(expected);
    await expect(files.list(path)).rejects.toMatchObject(expected);
    await expect(textOf(files.read(path, whole))).rejects.toMatchObject(expected);
  });

  test('a folder is not read, and a file not listed', async () => {
    await expect(textOf(files.read('main', whole))).rejects.toThrow('is a folder');
    await expect(files.list('main/local/page.html')).rejects.toThrow('is not a folder');
  });
});

describe('logs', () => {
  const logs = (options: Partial<LogOptions> = {}) =>
    files.logs({ ...whole, task: 'main', type: 'stdout', ...options });
  const writer = (maxBytes = 10, maxFiles = 100) =>
    new RotatingFile({ folder: join(folder, 'alloc/logs'), name: 'main.stdout', maxBytes, maxFiles });

  test('of whatever length, rotated and read from anywhere, are what was written', async () => {
    const texts = fc.array(fc.string({ maxLength: 30 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.integer({ min: 1, max: 12 }),
        fc.nat(60),
        fc.boolean(),
        async (all, size, offset, end) => {
          rmSync(join(folder, 'alloc/logs'), { recursive: true });
          const file = writer(size);
          for (const text of all) file.write(Buffer.from(text));
          file.close();
          const bytes = Buffer.from(all.join(''));
          const from = end ? Math.max(0, bytes.length - offset) : offset;
          const read = await textOf(logs({ offset, origin: end ? 'end' : 'start' }));
          expect(read).toBe(bytes.subarray(from).toString());
        },
      ),
      { numRuns: 60 },
    );
  });

  test('of files that are gone begin where something is left', async () => {
    const file = writer(4, 2);
    file.write(Buffer.from('aaaabbbbcccc'));
    file.close();
    expect(await textOf(logs())).toBe('bbbbcccc');
  });

  test('are followed over rotation, also when there is nothing yet, until nobody wants more', async () => {
    const over = new AbortController();
    const got: string[] = [];
    const reading = (async () => {
      for await (const { data, file } of logs({ follow: true, signal: over.signal }))
        got.push(`${file}: ${String(data)}`);
    })();
    const seen = async (count: number): Promise<void> => {
      while (got.length < count) {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        await clock.advance(200);
      }
    };
    const file = writer(5);
    file.write(Buffer.from('one'));
    await seen(1);
    file.write(Buffer.from('twothree'));
    await seen(4);
    over.abort();
    await clock.advance(200);
    await reading;
    expect(got).toEqual(['main.stdout.0: one', 'main.stdout.0: tw', 'main.stdout.1: othre', 'main.stdout.2: e']);
    file.close();
  });

  test('of a task whose name is a path are nobody’s', async () => {
    await expect(textOf(logs({ task: '../main' }))).rejects.toThrow('is not the name of a task');
  });
});
