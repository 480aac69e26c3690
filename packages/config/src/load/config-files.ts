import { readdirSync, readFileSync, statSync } from 'node:fs';

/** The disk, as far as configuration needs it. */
export interface ConfigFiles {
  readFile(path: string): string;
  /** Names of the plain files directly inside. */
  listFiles(folder: string): readonly string[];
  isFolder(path: string): boolean;
}

/**
 * Synchronous: an agent has nothing else to do until it knows its configuration. What fails says so as in the reference,
 * `stat /etc/steppe: no such file or directory`.
 */
export const diskFiles: ConfigFiles = {
  readFile: (path) => told('open', path, () => readFileSync(path, 'utf8')),
  listFiles: (folder) =>
    told('open', folder, () =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile() || entry.isSymbolicLink())
        .map((entry) => entry.name),
    ),
  isFolder: (path) => told('stat', path, () => statSync(path).isDirectory()),
};

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
};

function told<T>(call: string, path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''];
    throw reason === undefined ? error : new Error(`${call} ${path}: ${reason}`, { cause: error });
  }
}
