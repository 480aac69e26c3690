import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { header, writeTarGz } from './tar-archive.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-tar-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads an archive by the published layout of its headers. */
function entriesOf(archive: Buffer): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  let at = 0;
  for (;;) {
    const block = archive.subarray(at, at + 512);
    if (block.every((byte) => byte === 0)) break;
    const field = (start: number, length: number): string =>
      block
        .subarray(start, start + length)
        .toString()
        .replace(/\0.*$/s, '');
    const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    expect(parseInt(field(148, 8), 8)).toBe(sum);
    expect([field(257, 6), block.subarray(263, 265).toString(), field(156, 1)]).toEqual(['ustar', '00', '0']);
    const size = parseInt(field(124, 12), 8);
    const prefix = field(345, 155);
    entries.set(
      `${prefix}${prefix === '' ? '' : '/'}${field(0, 100)}`,
      archive.subarray(at + 512, at + 512 + size).toString(),
    );
    at += 512 + Math.ceil(size / 512) * 512;
  }
  expect(archive.length - at).toBe(1_024);
  return entries;
}

describe('writeTarGz', () => {
  test('every file with its content below one folder, for the owner alone', async () => {
    const long = `server/${'s'.repeat(90)}`;
    mkdirSync(join(folder, 'in', long), { recursive: true });
    const files: Readonly<Record<string, string>> = {
      'empty.txt': '',
      'full.txt': 'x'.repeat(512),
      [`${long}/goroutine-debug1_0000.txt`]: 'ä\n'.repeat(400),
    };
    for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, 'in', path), text);
    const file = join(folder, 'out.tar.gz');
    const options = { folder: join(folder, 'in'), paths: Object.keys(files), root: 'steppe-debug', file };
    await writeTarGz(options);
    const entries = entriesOf(gunzipSync(readFileSync(file)));
    expect([...entries]).toEqual(Object.entries(files).map(([path, text]) => [`steppe-debug/${path}`, text]));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(writeTarGz(options)).rejects.toThrow('EEXIST');
  });

  test.each([['a'.repeat(101)], [`${'a'.repeat(156)}/${'b'.repeat(50)}`], [`a/${'b'.repeat(101)}`]])(
    'a path that does not fit is refused by name: %s',
    (path) => {
      expect(() => header(path, 0, 0)).toThrow(`the path is too long for a tar archive: ${path}`);
    },
  );

  test('a file of 8 GiB and more is refused', () => {
    expect(() => header('a', 2 ** 33, 0)).toThrow('a is too large for a tar archive: 8589934592 bytes');
    expect(
      header('a', 2 ** 33 - 1, 0)
        .subarray(124, 136)
        .toString(),
    ).toBe('77777777777\0');
  });
});
