import { writeFile } from 'node:fs/promises';
import { UsageError } from '../command.js';
import { demandNewFile } from './new-file.js';

const DEFAULT_TOP = 10;
/** Far above any profile of an agent; what is larger is not kept in memory. */
export const MAX_PROFILE_BYTES = 256 * 1_024 * 1_024;

/** What files of a format are called. */
export const FILE_EXTENSIONS = {
  pprof: '.pb.gz',
  collapsed: '.collapsed.txt',
  cpuprofile: '.cpuprofile',
  html: '.html',
  speedscope: '.speedscope.json',
} as const;

export const TOP_FLAG = { kind: 'int', usage: 'so many functions are shown; default 10, none with 0' } as const;

/** @throws UsageError */
export function topOf({ top = DEFAULT_TOP }: { readonly top?: number }): number {
  if (top < 0) throw new UsageError(`-top must not be negative, got ${top}`);
  return top;
}

/** What runs in an agent is nobody else's business. @throws an `Error` naming the file */
export async function saveProfile(file: string, bytes: Uint8Array): Promise<void> {
  await demandNewFile(file);
  await writeFile(file, bytes, { mode: 0o600, flag: 'wx' });
}
