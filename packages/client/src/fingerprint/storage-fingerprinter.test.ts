import { describe, expect, test } from '@jest/globals';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textFiles } from '../testing/text-files.js';
import { StorageFingerprinter } from './storage-fingerprinter.js';

describe('storage', () => {
  const folder = tmpdir();
  const mebibyte = 1024 * 1024;

  test('of this machine, also for a folder yet to be made', async () => {
    const { bsize, blocks } = await statfs(folder, { bigint: true });
    const fingerprinter = new StorageFingerprinter({ folder: join(folder, 'not', 'yet', 'there') });
    const { attributes, resources } = await fingerprinter.fingerprint();
    expect(attributes['unique.storage.bytestotal']).toBe(`${bsize * blocks}`);
    expect(attributes['unique.storage.volume']).not.toBe('');
    const free = Number(attributes['unique.storage.bytesfree']);
    expect(free).toBeGreaterThan(0);
    expect(resources).toEqual({ diskMb: Math.floor(free / mebibyte) });
  });

  test('without a mount table the folder stands for the volume', async () => {
    const { attributes } = await new StorageFingerprinter({ folder: '/' }, { read: textFiles({}) }).fingerprint();
    expect(attributes['unique.storage.volume']).toBe('/');
  });

  test.each([
    [{ diskTotalMb: 2_000, diskFreeMb: 500 }, 2_000, 500],
    [{ diskTotalMb: 100, diskFreeMb: 500 }, 100, 100],
  ])('the operator’s %j', async (options, totalMb, freeMb) => {
    const { attributes, resources } = await new StorageFingerprinter({ folder, ...options }).fingerprint();
    expect(attributes).toMatchObject({
      'unique.storage.bytestotal': `${totalMb * mebibyte}`,
      'unique.storage.bytesfree': `${freeMb * mebibyte}`,
    });
    expect(resources).toEqual({ diskMb: freeMb });
  });

  test('a file in place of a folder’s parent is an error', async () => {
    await expect(new StorageFingerprinter({ folder: '/etc/passwd/x' }).fingerprint()).rejects.toThrow('ENOTDIR');
  });
});
