import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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
    await folders.writeToken(allocId(1), 'web', 'secrets/nomad_token', 'first');
    await folders.writeToken(allocId(1), 'web', 'secrets/nomad_token', 'jwt');
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

  test('a token is where its path says, and never outside of the folder of its task', async () => {
    const folders = new DiskAllocFolders(folder);
    await folders.make(allocId(1), ['web', 'db']);
    const { root } = folders.task(allocId(1), 'web');
    await folders.writeToken(allocId(1), 'web', 'local/deep/web.jwt', 'jwt');
    expect(readFileSync(join(root, 'local/deep/web.jwt'), 'utf8')).toBe('jwt');

    symlinkSync(folder, join(root, 'local', 'out'));
    for (const path of ['local/out/token', 'local/out/new/token', '../db/token', '../../../token']) {
      await expect(folders.writeToken(allocId(1), 'web', path, 'jwt')).rejects.toMatchObject({
        code: 'CLIENT_FILE_REFUSED',
        message: expect.stringContaining(JSON.stringify(path)) as unknown,
      });
    }
    expect(readdirSync(folder)).toEqual([allocId(1)]);
  });

  test('a link in the place of a token is replaced, not written through', async () => {
    const folders = new DiskAllocFolders(folder);
    await folders.make(allocId(1), ['web']);
    const { secrets } = folders.task(allocId(1), 'web');
    const other = join(folder, 'other');
    writeFileSync(other, 'mine');
    for (const name of ['token', 'token.new']) symlinkSync(other, join(secrets, name));
    await folders.writeToken(allocId(1), 'web', 'secrets/token', 'jwt');
    expect([readFileSync(other, 'utf8'), readFileSync(join(secrets, 'token'), 'utf8')]).toEqual(['mine', 'jwt']);
  });
});
