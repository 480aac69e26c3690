import { statfs } from 'node:fs/promises';
import type { Mount } from './mount-table.js';
import { mountOf, parseMounts } from './mount-table.js';
import { nearestExisting } from './nearest-existing.js';
import { readText } from './text-reader.js';
import type { TextReader } from './text-reader.js';

/** How full a file system is. */
export interface FileSystemUsage {
  /** Empty where the kernel does not tell. */
  readonly device: string;
  readonly mountpoint: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** What unprivileged users can still take. */
  readonly availableBytes: number;
  /** Of what is used or available. */
  readonly usedPercent: number;
  /** 0 where there is no limit to them. */
  readonly inodesUsedPercent: number;
}

/** File systems without storage behind them. */
const PSEUDO_TYPES = new Set([
  'autofs',
  'binfmt_misc',
  'bpf',
  'cgroup',
  'cgroup2',
  'configfs',
  'debugfs',
  'devpts',
  'devtmpfs',
  'efivarfs',
  'fusectl',
  'hugetlbfs',
  'mqueue',
  'nsfs',
  'proc',
  'pstore',
  'ramfs',
  'rpc_pipefs',
  'securityfs',
  'selinuxfs',
  'sysfs',
  'tmpfs',
  'tracefs',
]);
const MOUNT_TABLE = '/proc/self/mounts';

interface Reading {
  readonly read?: TextReader;
}

/**
 * Every mounted file system with storage; a mount that cannot be asked is left out. Where the kernel keeps no table of them,
 * the root alone.
 */
export async function mountedFileSystems({ read = readText }: Reading = {}): Promise<readonly FileSystemUsage[]> {
  const mounts = await mountsOf(read);
  const real = new Map(mounts.filter(({ type }) => !PSEUDO_TYPES.has(type)).map((mount) => [mount.mountpoint, mount]));
  const asked = mounts.length === 0 ? [ROOT] : [...real.values()];
  const usages = await Promise.all(asked.map((mount) => usageOf(mount).catch(() => undefined)));
  return usages.filter((usage) => usage !== undefined && usage.sizeBytes > 0) as readonly FileSystemUsage[];
}

/** The file system that a folder is in, or will be. Rejects with what the system says. */
export async function fileSystemOf(folder: string, { read = readText }: Reading = {}): Promise<FileSystemUsage> {
  const existing = await nearestExisting(folder);
  return usageOf(mountOf(existing, await mountsOf(read)) ?? { ...ROOT, mountpoint: existing });
}

const ROOT: Mount = { device: '', mountpoint: '/', type: '' };

const mountsOf = (read: TextReader): Promise<readonly Mount[]> => read(MOUNT_TABLE).then(parseMounts, () => []);

async function usageOf({ device, mountpoint }: Mount): Promise<FileSystemUsage> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(mountpoint);
  const usedBytes = (blocks - bfree) * bsize;
  const availableBytes = bavail * bsize;
  return {
    device,
    mountpoint,
    sizeBytes: blocks * bsize,
    usedBytes,
    availableBytes,
    usedPercent: percent(usedBytes, usedBytes + availableBytes),
    inodesUsedPercent: percent(files - ffree, files),
  };
}

const percent = (part: number, whole: number): number => (whole > 0 ? (100 * part) / whole : 0);
