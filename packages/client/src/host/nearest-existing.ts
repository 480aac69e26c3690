import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The real path of the folder, or of the nearest one above it that is there. */
export async function nearestExisting(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const parent = dirname(folder);
    if (parent === folder || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return nearestExisting(parent);
  }
}
