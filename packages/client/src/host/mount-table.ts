/** A file system in its place. */
export interface Mount {
  readonly device: string;
  readonly mountpoint: string;
  /** Such as `ext4`. */
  readonly type: string;
}

/** @param table - in the format of `/proc/self/mounts` */
export function parseMounts(table: string): readonly Mount[] {
  return table.split('\n').flatMap((line) => {
    const [device, mountpoint, type] = line.split(' ').map(unescapeMount);
    return device === undefined || mountpoint === undefined || type === undefined ? [] : [{ device, mountpoint, type }];
  });
}

/** What a folder is in: the innermost mount counts, and of two in one place the later. */
export function mountOf(folder: string, mounts: readonly Mount[]): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    const { mountpoint } = mount;
    const inside = folder === mountpoint || folder.startsWith(mountpoint.endsWith('/') ? mountpoint : `${mountpoint}/`);
    if (inside && mountpoint.length >= (found?.mountpoint.length ?? 0)) found = mount;
  }
  return found;
}

/** Blanks, tabs, newlines and backslashes stand in the table as octal escapes. */
const unescapeMount = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
