import { encodeTimestamp } from '@steppe/domain';
import { SystemClock } from '@steppe/runtime';
import { access } from 'node:fs/promises';

/** A name nobody had to think of, as Nomad makes them: `<prefix>-<date>-<seconds since 1970><extension>`. */
export function datedName(prefix: string, extension: string): string {
  const now = new SystemClock().now();
  const date = encodeTimestamp(now)?.slice(0, 10).replaceAll('-', '');
  return `${prefix}-${date}-${Math.floor(now / 1_000)}${extension}`;
}

/** @throws an `Error` naming the file when there is one already */
export async function demandNewFile(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw new Error(`Destination file already exists: "${file}"`);
}
