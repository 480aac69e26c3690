import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The program's file, as a shell finds it, or in the folders given besides; `undefined` where there is none. */
export function programOnPath(name: string, more: readonly string[] = []): string | undefined {
  return [...(process.env['PATH'] ?? '').split(delimiter), ...more]
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
