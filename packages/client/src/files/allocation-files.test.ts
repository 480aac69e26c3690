import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collect } from '../testing/collect.js';
import { TaskFolders } from '../testing/task-folders.js';
import { AllocationFiles } from './allocation-files.js';
import type { ReadRange } from './allocation-files.js';

let folders: TaskFolders;
let files: AllocationFiles;

beforeEach(async () => {
  folders = await TaskFolders.create();
  await folders.task({}, { files: { 'local/app.txt': '0123456789', 'secrets/key': 'secret' } });
  files = new AllocationFiles(folders.folder, { clock: new SimClock() });
});

afterEach(() => folders.remove());

const read = async (path: string, range?: ReadRange): Promise<string> =>
  Buffer.concat(await collect(files.read(path, range))).toString();

describe('the files of an allocation', () => {
  test('are listed by name, links as links, without what is the agent’s', async () => {
    await chmod(join(folders.folder, 'web/local/app.txt'), 0o640);
    await mkdir(join(folders.folder, '.web.control'));
    await symlink('app.txt', join(folders.folder, 'web/local/zlink'));
    expect((await files.list('/')).map(({ name, isFolder }) => ({ name, isFolder }))).toEqual([
      { name: 'alloc', isFolder: true },
      { name: 'web', isFolder: true },
    ]);
    expect((await files.list('web/local')).map(({ name, mode }) => `${mode} ${name}`)).toEqual([
      '-rw-r----- app.txt',
      'Lrwxrwxrwx zlink',
    ]);
  });

  test('are described', async () => {
    expect(await files.stat('/web/local/app.txt')).toMatchObject({ name: 'app.txt', isFolder: false, sizeBytes: 10 });
    expect(await files.stat('/')).toMatchObject({ name: '/', isFolder: true, mode: expect.stringMatching(/^d/) });
    expect((await files.stat('web')).modifiedMs).toBeGreaterThan(Date.UTC(2020));
  });

  test('are read in part or whole', async () => {
    expect(await read('web/local/app.txt')).toBe('0123456789');
    expect(await read('web/local/app.txt', { offset: 3, limit: 4 })).toBe('3456');
    expect(await read('web/local/app.txt', { offset: 8, limit: 4 })).toBe('89');
    expect(await read('web/local/app.txt', { offset: 11 })).toBe('');
    expect(await read('web/local/app.txt', { limit: 0 })).toBe('');
    const large = 'x'.repeat(200_000);
    await writeFile(join(folders.folder, 'alloc/large'), large);
    expect(await read('alloc/large', { limit: 150_000 })).toBe(large.slice(0, 150_000));
  });
});

describe('what is refused', () => {
  test.each([
    ['../other', "leads out of the allocation's folder"],
    ['web/../../etc', "leads out of the allocation's folder"],
    ['web/secrets', 'is in a secrets folder'],
    ['/web/local/../secrets/key', 'is in a secrets folder'],
    ['.web.control/exit.json', 'belongs to the agent'],
    ['web\0', 'has a NUL in it'],
  ])('%j %s', async (path, reason) => {
    const error = { message: `path ${JSON.stringify(path)} ${reason}`, detail: { code: 'ALLOC_PATH_REFUSED' } };
    await expect(read(path)).rejects.toMatchObject(error);
    await expect(files.list(path)).rejects.toMatchObject(error);
    await expect(files.stat(path)).rejects.toMatchObject(error);
  });

  test.each([
    ['/etc/passwd', "leads out of the allocation's folder"],
    ['../../..', "leads out of the allocation's folder"],
    ['../secrets/key', 'is in a secrets folder'],
    ['../secrets', 'is in a secrets folder'],
  ])('a link to %s', async (target, reason) => {
    await symlink(target, join(folders.folder, 'web/local/link'));
    await expect(read('web/local/link')).rejects.toThrow(`path "web/local/link" ${reason}`);
    await expect(files.list('web/local/link')).rejects.toThrow(reason);
  });

  test('a log that is a link out of the allocation', async () => {
    await symlink('/etc/passwd', join(folders.folder, 'alloc/logs/web.stdout.0'));
    const logs = files.logs({ task: 'web', type: 'stdout' });
    await expect(logs.next()).rejects.toMatchObject({ detail: { code: 'ALLOC_PATH_REFUSED' } });
  });

  test('what is not there, or of the wrong kind, also a pipe nobody writes to', async () => {
    await expect(read('web/local/none')).rejects.toMatchObject({ detail: { code: 'ALLOC_FILE_NOT_FOUND' } });
    await expect(files.list('none')).rejects.toMatchObject({ detail: { code: 'ALLOC_FILE_NOT_FOUND' } });
    await expect(files.list('web/local/app.txt')).rejects.toThrow('"web/local/app.txt" is not a folder');
    await expect(read('web/local')).rejects.toThrow('"web/local" is not a file');
    execFileSync('mkfifo', [join(folders.folder, 'alloc/pipe')]);
    await expect(read('alloc/pipe')).rejects.toThrow('"alloc/pipe" is not a file');
  });
});
