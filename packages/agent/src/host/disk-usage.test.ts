import { expect, test } from '@jest/globals';
import { readDiskUsage } from './disk-usage.js';

test('the root file system is there, with whole mebibytes and no more used than there is', async () => {
  const root = (await readDiskUsage())['/'];
  expect(Number.isInteger(root?.DiskMB)).toBe(true);
  expect(root?.DiskMB).toBeGreaterThan(0);
  expect(root?.UsedMB).toBeLessThanOrEqual(root?.DiskMB ?? 0);
});
