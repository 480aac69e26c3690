import { readFile, statfs } from 'node:fs/promises';

/** Whole mebibytes; `used` is the total less what unprivileged users can still take. */
export interface DiskUsage {
  readonly DiskMB: number;
  readonly UsedMB: number;
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
const MEBIBYTE = 1024n * 1024n;

/** Usage of every mounted file system with storage; a mount that cannot be asked is left out. */
export async function readDiskUsage(): Promise<Readonly<Record<string, DiskUsage>>> {
  const mounts = await mountPoints();
  const usages = await Promise.all(mounts.map(async (path) => [path, await usageOf(path)] as const));
  return Object.fromEntries(usages.filter((entry): entry is [string, DiskUsage] => entry[1] !== undefined));
}

/** Where the kernel keeps no mount table, the root alone is reported. */
async function mountPoints(): Promise<readonly string[]> {
  let table: string;
  try {
    table = await readFile('/proc/self/mounts', 'utf8');
  } catch {
    return ['/'];
  }
  const mounts = table.split('\n').map((line) => line.split(' '));
  const real = mounts.filter(
    ([, path, fsType]) => path !== undefined && fsType !== undefined && !PSEUDO_TYPES.has(fsType),
  );
  return [...new Set(real.map(([, path]) => unescapeMount(path ?? '')))];
}

/** Blanks, tabs, newlines and backslashes stand in the table as octal escapes. */
const unescapeMount = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

async function usageOf(path: string): Promise<DiskUsage | undefined> {
  try {
    const { bsize, blocks, bavail } = await statfs(path, { bigint: true });
    if (blocks === 0n) return undefined;
    return { DiskMB: Number((blocks * bsize) / MEBIBYTE), UsedMB: Number(((blocks - bavail) * bsize) / MEBIBYTE) };
  } catch {
    // Mounts of other users are visible but closed to us.
    return undefined;
  }
}
