import { expect, test } from '@jest/globals';
import { textFiles } from '../testing/text-files.js';
import { ProcessTable } from './process-table.js';

/** A line of `/proc/<pid>/stat` with the fields that count. */
const stat = (name: string, { group = 0, times = [0, 0, 0, 0], start = 0 }): string =>
  `7 (${name}) S 1 ${group} 1 0 -1 4194304 0 0 0 0 ${times.join(' ')} 20 0 1 0 ${start} 1000 50`;

test('a process is known by when it began, whatever it is called', async () => {
  const table = new ProcessTable({ read: textFiles({ '/proc/7/stat': stat('a) (b 1 2', { start: 4711 }) }) });
  expect(await table.startTicks(7)).toBe('4711');
  expect(await table.startTicks(8)).toBe('');
});

test('a group uses what its processes use together, and those they waited for', async () => {
  // The table of pids is the system's own: this process and the first stand in for two of the group.
  const table = new ProcessTable({
    read: textFiles({
      '/proc/1/stat': stat('init', { group: 5, times: [3, 1, 2, 0] }),
      '/proc/1/status': 'Name:\tinit\nVmRSS:\t    2048 kB\n',
      [`/proc/${process.pid}/stat`]: stat('node', { group: 5, times: [10, 20, 0, 30] }),
      [`/proc/${process.pid}/status`]: 'Name:\tnode\n',
    }),
  });
  expect(await table.groupUsage(5)).toEqual({
    memoryBytes: 2048 * 1024,
    userMs: 150,
    systemMs: 510,
    pids: [1, process.pid],
  });
  expect(await table.groupUsage(6)).toEqual({ memoryBytes: 0, userMs: 0, systemMs: 0, pids: [] });
});
