import type { Clock } from '@steppe/runtime';
import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { clientError } from '../errors.js';
import { AllocationPath, notFound } from './allocation-path.js';
import { endOfFile } from './file-end.js';
import { modeText } from './file-mode.js';
import { LogReader } from './log-reader.js';
import type { LogQuery, StreamFrame } from './log-reader.js';

/** A file or folder of an allocation. */
export interface FileDescription {
  readonly name: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number;
  /** As Go prints it, such as `-rw-r--r--` or `drwxr-xr-x`. */
  readonly mode: string;
  /** Unix milliseconds. */
  readonly modifiedMs: number;
}

/** Where to read in a file. */
export interface ReadRange {
  /** Bytes from the start; default 0. */
  readonly offset?: number;
  /** Most bytes read; default: to the end. */
  readonly limit?: number;
}

/**
 * The files of one allocation, as the API shows them. Paths are taken from the allocation's folder; what leads out of it, by
 * links too, and the secrets folders are refused (ALLOC_PATH_REFUSED).
 */
export class AllocationFiles {
  readonly #paths: AllocationPath;
  readonly #logs: LogReader;

  /** @param folder - that of the allocation */
  constructor(folder: string, { clock }: { readonly clock: Clock }) {
    this.#paths = new AllocationPath(folder);
    this.#logs = new LogReader({ clock, listLogs: () => this.#names('alloc/logs'), open: (path) => this.#open(path) });
  }

  /** Of a folder, by name; links are told as such. Rejects with ALLOC_FILE_NOT_FOUND, ALLOC_FILE_KIND_INVALID. */
  async list(path: string): Promise<readonly FileDescription[]> {
    const folder = await this.#paths.resolve(path);
    const names = await this.#names(path);
    const described = await Promise.all(
      names
        .filter((name) => this.#paths.isShown(join(path, name)))
        .toSorted()
        .map(async (name) => {
          const stats = await lstat(join(folder, name)).catch(() => undefined);
          return stats === undefined ? undefined : describe(name, stats);
        }),
    );
    // Those that have just gone are not there.
    return described.filter((file) => file !== undefined);
  }

  async stat(path: string): Promise<FileDescription> {
    const real = await this.#paths.resolve(path);
    const stats = await lstat(real).catch((error: unknown) => {
      throw notFound(path, error);
    });
    return describe(basename(join('/', path)) || '/', stats);
  }

  /** The bytes of a file; what is written while it is read comes too. Rejects with ALLOC_FILE_NOT_FOUND, ALLOC_FILE_KIND_INVALID. */
  async *read(path: string, { offset = 0, limit = Infinity }: ReadRange = {}): AsyncGenerator<Buffer, void> {
    const file = await this.#open(path);
    try {
      let left = limit;
      for await (const data of endOfFile(file, offset)) {
        if (left <= 0) return;
        yield data.subarray(0, left);
        left -= data.length;
      }
    } finally {
      await file.close();
    }
  }

  /** What a task wrote, over all its log files, which are rotated under it. Ends quietly when the signal aborts. */
  logs(query: LogQuery): AsyncGenerator<StreamFrame, void> {
    return this.#logs.read(query);
  }

  async #names(path: string): Promise<readonly string[]> {
    const folder = await this.#paths.resolve(path);
    try {
      return await readdir(folder);
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? wrongKind(path, 'folder') : notFound(path, error);
    }
  }

  /** A pipe that nobody writes to would hold up whoever opens it, so it is opened without waiting, and refused. */
  async #open(path: string): Promise<FileHandle> {
    const real = await this.#paths.resolve(path);
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(real, flags).catch((error: unknown) => {
      throw notFound(path, error);
    });
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw wrongKind(path, 'file');
  }
}

const describe = (name: string, stats: Stats): FileDescription => ({
  name,
  isFolder: stats.isDirectory(),
  sizeBytes: stats.size,
  mode: modeText(stats),
  modifiedMs: stats.mtimeMs,
});

const wrongKind = (path: string, kind: 'file' | 'folder') =>
  clientError({ code: 'ALLOC_FILE_KIND_INVALID', path }, `${JSON.stringify(path.slice(0, 200))} is not a ${kind}`);
