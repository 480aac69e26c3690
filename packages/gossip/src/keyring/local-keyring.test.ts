import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyringFile, volatileKeyring } from './keyring-store.js';
import { LocalKeyring } from './local-keyring.js';

const k1 = Buffer.alloc(16, 1).toString('base64');
const k2 = Buffer.alloc(32, 2).toString('base64');
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-keyring-'));
  path = join(folder, 'server', 'serf.keyring');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a keyring on disk', () => {
  test('outlives the process, the key in use first, readable by its owner only', () => {
    const keyring = LocalKeyring.open(new Secret(k1), new KeyringFile(path));
    keyring?.install(new Secret(k2));
    keyring?.use(new Secret(k2));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual([k2, k1]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(LocalKeyring.open(undefined, new KeyringFile(path))?.keys).toEqual([k2, k1]);
  });

  test('wins over a configured key', () => {
    LocalKeyring.open(new Secret(k1), new KeyringFile(path));
    expect(LocalKeyring.open(new Secret(k2), new KeyringFile(path))?.keys).toEqual([k1]);
  });

  test.each(['', '{}', '[]', '[1]', `["${k1}"`, '[""]'])(
    'that holds %j is refused, naming the file and not its content',
    (text) => {
      LocalKeyring.open(new Secret(k1), new KeyringFile(path));
      writeFileSync(path, text);
      expect(() => LocalKeyring.open(undefined, new KeyringFile(path))).toThrow(
        expect.objectContaining({
          code: 'KEYRING_FILE_INVALID',
          message: `keyring file ${path} does not hold a list of keys`,
        }),
      );
    },
  );
});

test('without a key and without a file there is no keyring', () => {
  expect(LocalKeyring.open(undefined, volatileKeyring)).toBeUndefined();
  expect(LocalKeyring.open(undefined, new KeyringFile(path))).toBeUndefined();
});
