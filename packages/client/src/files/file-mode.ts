import type { Stats } from 'node:fs';

const RIGHTS = ['x', 'w', 'r'];

/** Kind and rights of a file as Go's `FileMode.String` prints them. */
export function modeText(stats: Stats): string {
  const rights = [8, 7, 6, 5, 4, 3, 2, 1, 0].map((bit) => ((stats.mode >> bit) & 1 ? (RIGHTS[bit % 3] ?? '') : '-'));
  return `${kindText(stats)}${rights.join('')}`;
}

function kindText(stats: Stats): string {
  if (stats.isDirectory()) return 'd';
  if (stats.isSymbolicLink()) return 'L';
  if (stats.isFIFO()) return 'p';
  if (stats.isSocket()) return 'S';
  return '-';
}
