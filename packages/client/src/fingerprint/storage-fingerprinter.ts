import { realpath, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Fingerprint, Fingerprinter } from './fingerprinter.js';
import { readText } from './text-reader.js';
import type { TextReader } from './text-reader.js';

const MEBIBYTE = 1024n * 1024n;

export interface StorageFingerprinterOptions {
  /** Folder whose file system counts. It need not exist: its nearest existing parent counts. */
  readonly folder: string;
  /** Mebibytes; default 0: measured. */
  readonly diskTotalMb?: number;
  /** Mebibytes; default 0: measured. Never more than the total. */
  readonly diskFreeMb?: number;
}

/**
 * `unique.storage.volume` (the device, where the kernel tells, else the folder), `unique.storage.bytestotal` and
 * `unique.storage.bytesfree` (what an unprivileged process may still take). The node offers what is free.
 */
export class StorageFingerprinter implements Fingerprinter {
  readonly name = 'storage';
  readonly #options: StorageFingerprinterOptions;
  readonly #read: TextReader;

  constructor(options: StorageFingerprinterOptions, { read = readText }: { readonly read?: TextReader } = {}) {
    this.#options = options;
    this.#read = read;
  }

  async fingerprint(): Promise<Fingerprint> {
    const { diskTotalMb = 0, diskFreeMb = 0 } = this.#options;
    const folder = await nearestExisting(this.#options.folder);
    const { bsize, blocks, bavail } = await statfs(folder, { bigint: true });
    const total = diskTotalMb > 0 ? BigInt(diskTotalMb) * MEBIBYTE : blocks * bsize;
    const measuredFree = diskFreeMb > 0 ? BigInt(diskFreeMb) * MEBIBYTE : bavail * bsize;
    const free = measuredFree < total ? measuredFree : total;
    return {
      attributes: {
        'unique.storage.volume': (await this.#deviceOf(folder)) ?? folder,
        'unique.storage.bytestotal': `${total}`,
        'unique.storage.bytesfree': `${free}`,
      },
      resources: { diskMb: Number(free / MEBIBYTE) },
    };
  }

  async #deviceOf(folder: string): Promise<string | undefined> {
    try {
      return deviceOf(folder, await this.#read('/proc/self/mounts'));
    } catch {
      // Only Linux has the table.
      return undefined;
    }
  }
}

/** The real path of the folder, or of the nearest one above it that is there. */
async function nearestExisting(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const parent = dirname(folder);
    if (parent === folder || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return nearestExisting(parent);
  }
}

/**
 * The device a mount table names for a folder: the innermost mount counts, and of two in one place the later.
 * @param table - in the format of `/proc/self/mounts`
 */
export function deviceOf(folder: string, table: string): string | undefined {
  let found: { readonly device: string; readonly depth: number } | undefined;
  for (const line of table.split('\n')) {
    const [device, mountPoint] = line.split(' ').map(unescapeMount);
    if (device === undefined || mountPoint === undefined) continue;
    const inside = folder === mountPoint || folder.startsWith(mountPoint.endsWith('/') ? mountPoint : `${mountPoint}/`);
    if (inside && mountPoint.length >= (found?.depth ?? 0)) found = { device, depth: mountPoint.length };
  }
  return found?.device;
}

/** Blanks, tabs, newlines and backslashes stand in the table as octal escapes. */
const unescapeMount = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
