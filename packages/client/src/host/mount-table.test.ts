import { describe, expect, test } from '@jest/globals';
import { mountOf, parseMounts } from './mount-table.js';

const MOUNTS = [
  'overlay / overlay rw 0 0',
  '/dev/vda1 /data ext4 rw 0 0',
  '/dev/vdb1 /data/steppe xfs rw 0 0',
  '/dev/vdc1 /data/with\\040blank ext4 rw 0 0',
  'early /mnt ext4 rw 0 0',
  'late /mnt ext4 rw 0 0',
  '',
].join('\n');

describe('the device under a folder', () => {
  test.each([
    ['/', 'overlay'],
    ['/home', 'overlay'],
    ['/database', 'overlay'],
    ['/data', '/dev/vda1'],
    ['/data/other', '/dev/vda1'],
    ['/data/steppe/alloc', '/dev/vdb1'],
    ['/data/with blank/x', '/dev/vdc1'],
    ['/mnt/x', 'late'],
  ])('of %s is %s', (folder, device) => expect(mountOf(folder, parseMounts(MOUNTS))?.device).toBe(device));

  test('is unknown without a table', () => expect(mountOf('/', parseMounts(''))).toBeUndefined());
});
