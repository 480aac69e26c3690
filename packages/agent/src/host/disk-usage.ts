import { mountedFileSystems } from '@steppe/client';

/** Whole mebibytes; `used` is the total less what unprivileged users can still take. */
export interface DiskUsage {
  readonly DiskMB: number;
  readonly UsedMB: number;
}

const MEBIBYTE = 1_024 * 1_024;

/** Usage of every mounted file system with storage, by its place. */
export async function readDiskUsage(): Promise<Readonly<Record<string, DiskUsage>>> {
  const usages = await mountedFileSystems();
  return Object.fromEntries(
    usages.map(({ mountpoint, sizeBytes, availableBytes }) => [
      mountpoint,
      { DiskMB: Math.floor(sizeBytes / MEBIBYTE), UsedMB: Math.floor((sizeBytes - availableBytes) / MEBIBYTE) },
    ]),
  );
}
