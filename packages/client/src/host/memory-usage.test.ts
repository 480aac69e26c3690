import { expect, test } from '@jest/globals';
import { totalmem } from 'node:os';
import { textFiles } from '../testing/text-files.js';
import { readMemoryUsage } from './memory-usage.js';

test('is what the kernel tells', async () => {
  const text = 'MemTotal:       8000 kB\nMemFree:         500 kB\nMemAvailable:   6000 kB\nBuffers:         100 kB\n';
  expect(await readMemoryUsage({ read: textFiles({ '/proc/meminfo': text }) })).toEqual({
    totalBytes: 8_192_000,
    availableBytes: 6_144_000,
    usedBytes: 2_048_000,
    freeBytes: 512_000,
  });
});

test('is what Node.js knows where the kernel tells nothing', async () => {
  const { totalBytes, usedBytes, availableBytes } = await readMemoryUsage({ read: textFiles({}) });
  expect(totalBytes).toBe(totalmem());
  expect(usedBytes + availableBytes).toBe(totalBytes);
});
