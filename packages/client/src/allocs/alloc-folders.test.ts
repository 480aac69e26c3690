import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocId } from '../testing/example-alloc.js';
import { DiskAllocFolders } from './alloc-folders.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-folders-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('the folders of an allocation', () => {
  test('are laid out as Nomad lays them out, secrets for their owner only', async () => {
    const folders = new DiskAllocFolders(folder);
    await folders.make(allocId(1), ['web', 'db']);
    await folders.make(allocId(1), ['web', 'db']);
    for (const path of ['alloc/logs', 'alloc/data', 'alloc/tmp', 'web/local', 'web/tmp', 'db/local', 'db/secrets']) {
      expect(statSync(join(folder, allocId(1), path)).isDirectory()).toBe(true);
    }
    expect(modeOf(folders.task(allocId(1), 'web').secrets)).toBe(0o700);
    await folders.writeToken(allocId(1), 'web', 'jwt');
    const token = join(folders.task(allocId(1), 'web').secrets, 'nomad_token');
    expect([readFileSync(token, 'utf8'), modeOf(token)]).toEqual(['jwt', 0o600]);
    await folders.remove(allocId(1));
    expect(existsSync(join(folder, allocId(1)))).toBe(false);
  });

  test.each(['..', '.', '', 'a/b', 'a\\b', '../x', 'a\0b', 'alloc'])('a task cannot be called %j', async (name) => {
    const folders = new DiskAllocFolders(folder);
    expect(() => folders.task(allocId(1), name)).toThrow('the name of a task cannot be that of a folder');
    await expect(folders.make(allocId(1), ['web', name])).rejects.toMatchObject({
      code: 'CLIENT_ALLOC_NAME_INVALID',
    });
    expect(existsSync(join(folder, allocId(1)))).toBe(false);
  });

  test.each(['..', '../../etc', '', 'not-a-uuid'])('an allocation cannot have the id %j', async (id) => {
    await expect(new DiskAllocFolders(folder).remove(id)).rejects.toMatchObject({ code: 'CLIENT_ALLOC_NAME_INVALID' });
  });

  test('what the one before has left is taken over, where it is', async () => {
    const folders = new DiskAllocFolders(folder);
    await folders.make(allocId(1), ['web']);
    await folders.make(allocId(2), ['web', 'db']);
    writeFileSync(join(folders.task(allocId(1), 'web').shared, 'data', 'kept'), 'shared');
    writeFileSync(join(folders.task(allocId(1), 'web').local, 'kept'), 'own');
    await folders.adopt(allocId(1), allocId(2), ['web', 'db']);
    expect(readFileSync(join(folders.task(allocId(2), 'web').shared, 'data', 'kept'), 'utf8')).toBe('shared');
    expect(readFileSync(join(folders.task(allocId(2), 'web').local, 'kept'), 'utf8')).toBe('own');
    expect(statSync(folders.task(allocId(2), 'db').local).isDirectory()).toBe(true);
  });
});
