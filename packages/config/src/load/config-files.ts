import { readdirSync, readFileSync, statSync } from 'node:fs';

/** The disk, as far as configuration needs it. */
export interface ConfigFiles {
  readFile(path: string): string;
  /** Names of the plain files directly inside. */
  listFiles(folder: string): readonly string[];
  isFolder(path: string): boolean;
}

/** Synchronous: an agent has nothing else to do until it knows its configuration. */
export const diskFiles: ConfigFiles = {
  readFile: (path) => readFileSync(path, 'utf8'),
  listFiles: (folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => entry.name),
  isFolder: (path) => statSync(path).isDirectory(),
};
