import { expect, test } from '@jest/globals';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textFiles } from '../testing/text-files.js';
import { fileSystemOf, mountedFileSystems } from './file-systems.js';

const MOUNTS = ['proc /proc proc rw 0 0', 'disk / ext4 rw 0 0', 'gone /not/there ext4 rw 0 0', ''].join('\n');
const read = textFiles({ '/proc/self/mounts': MOUNTS });

test('those with storage are told, once each, and what cannot be asked is left out', async () => {
  const [root, ...others] = await mountedFileSystems({ read });
  expect(others).toEqual([]);
  expect(root).toMatchObject({ device: 'disk', mountpoint: '/' });
});

test('without a table of mounts there is the root', async () => {
  expect(await mountedFileSystems({ read: textFiles({}) })).toMatchObject([{ device: '', mountpoint: '/' }]);
});

test('a folder has the one it is in, also one yet to be made, with what is used and what is left', async () => {
  const { bsize, blocks } = await statfs('/');
  const usage = await fileSystemOf('/not/yet', { read });
  expect(usage).toMatchObject({ device: 'disk', mountpoint: '/', sizeBytes: blocks * bsize });
  expect(usage.usedBytes + usage.availableBytes).toBeLessThanOrEqual(usage.sizeBytes);
  expect(usage.usedPercent).toBeCloseTo((100 * usage.usedBytes) / (usage.usedBytes + usage.availableBytes));
  expect(usage.inodesUsedPercent).toBeGreaterThanOrEqual(0);
  expect(usage.inodesUsedPercent).toBeLessThanOrEqual(100);
});

test('of this machine', async () => {
  expect((await fileSystemOf(join(tmpdir(), 'not', 'yet', 'there'))).sizeBytes).toBeGreaterThan(0);
});
