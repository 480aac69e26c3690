import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SnapshotStore } from './snapshot-store.js';

/** A snapshot on disk, at the path and in the steps of real agents. The file is readable by its owner alone. */
export class FileSnapshotStore implements SnapshotStore {
  readonly #path: string;
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async append(text: string): Promise<void> {
    if (this.#file === undefined) {
      await mkdir(dirname(this.#path), { recursive: true });
      this.#file = await open(this.#path, 'a', 0o600);
    }
    await this.#file.appendFile(text);
  }

  async replace(text: string): Promise<void> {
    await this.close();
    const compacted = `${this.#path}.compact`;
    const file = await open(compacted, 'w', 0o600);
    try {
      await file.writeFile(text);
      // Before the rename: a crash must not leave an empty file under the real name.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(compacted, this.#path);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
