import { statfs } from 'node:fs/promises';
import { mountOf, parseMounts } from '../host/mount-table.js';
import { nearestExisting } from '../host/nearest-existing.js';
import type { Fingerprint, Fingerprinter } from './fingerprinter.js';
import { readText } from '../host/text-reader.js';
import type { TextReader } from '../host/text-reader.js';

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
      return mountOf(folder, parseMounts(await this.#read('/proc/self/mounts')))?.device;
    } catch {
      // Only Linux has the table.
      return undefined;
    }
  }
}
