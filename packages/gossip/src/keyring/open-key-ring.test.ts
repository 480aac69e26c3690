import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyringFile, volatileKeyring } from './keyring-store.js';
import { openKeyRing } from './open-key-ring.js';

const key = (byte: number, size = 32): string => Buffer.alloc(size, byte).toString('base64');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-keyring-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the keyring of an agent', () => {
  test('without a key and without a file there is none: encryption is off', () => {
    expect(openKeyRing(undefined, volatileKeyring)).toBeUndefined();
  });

  test('a given key begins the file, which wins from then on and holds every change', () => {
    const path = join(folder, 'serf', 'keyring');
    const ring = openKeyRing(new Secret(key(1)), new KeyringFile(path));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual([key(1)]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(ring?.install(Buffer.from(key(2), 'base64'))).toBe('done');
    expect(ring?.use(Buffer.from(key(2), 'base64'))).toBe('done');
    const again = openKeyRing(new Secret(key(9)), new KeyringFile(path));
    expect(again?.toBase64()).toEqual([key(2), key(1)]);
  });

  test.each(['', '{}', '[]', '[1]', `["${key(1)}"`])('a file that holds %p is refused without being shown', (text) => {
    const path = join(folder, 'broken');
    writeFileSync(path, text);
    expect(() => openKeyRing(undefined, new KeyringFile(path))).toThrow(
      expect.objectContaining({
        code: 'KEYRING_FILE_INVALID',
        message: `keyring file ${path} does not hold a list of keys`,
      }),
    );
  });

  test('a key of a size no cipher takes is refused', () => {
    expect(() => openKeyRing(new Secret(key(1, 15)), volatileKeyring)).toThrow('key size must be 16, 24 or 32 bytes');
  });
});
