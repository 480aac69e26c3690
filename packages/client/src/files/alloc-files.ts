import { isSteppeError } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { SECRETS_FOLDER, SHARED_FOLDER } from '../allocs/alloc-folders.js';
import { OWN_FOLDER } from '../drivers/supervisor/supervised-task.js';
import type { ClientError } from '../errors.js';
import { clientError, taskUnknown } from '../errors.js';
import type { FileFrame } from './file-frames.js';
import { eventFrame, fileFrames } from './file-frames.js';
import { LogReader } from './log-reader.js';
import type { LogQuery } from './log-reader.js';

/** A file or folder of an allocation. */
export interface AllocFile {
  readonly name: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number;
  /** As `ls` shows it, such as `-rw-r--r--`. */
  readonly mode: string;
  /** Unix milliseconds. */
  readonly modifiedAtMs: number;
}

export interface ReadRange {
  /** Bytes from the start; default 0. */
  readonly offset?: number;
  /** At most so many bytes; default: to the end. */
  readonly limit?: number;
}

export interface StreamQuery {
  readonly path: string;
  /** Bytes from the origin; default 0. */
  readonly offset?: number;
  /** Whether `offset` counts from the first byte, or back from the last; default `start`. */
  readonly origin?: 'start' | 'end';
  /** Whether to wait for more at the end; default true. */
  readonly follow?: boolean;
}

const CHUNK_BYTES = 64 * 1024;

/**
 * What an allocation has on disk, for reading. Paths begin at its folder. Nothing outside can be reached, by symbolic link
 * neither; the secrets of tasks cannot be read.
 */
export class AllocFiles {
  readonly #root: string;
  readonly #tasks: readonly string[];
  readonly #clock: Clock;

  /** @param root - the allocation's folder @param options - `tasks`: the names of its tasks */
  constructor(root: string, { tasks }: { readonly tasks: readonly string[] }, { clock }: { readonly clock: Clock }) {
    this.#root = root;
    this.#tasks = tasks;
    this.#clock = clock;
  }

  /** What is in a folder, by name. @throws CLIENT_FILE_REFUSED, CLIENT_FILE_NOT_FOUND */
  async list(path: string): Promise<readonly AllocFile[]> {
    const folder = await this.#inside(path);
    const names = await found(path, readdir(folder));
    const files = await Promise.all(
      names
        .filter((name) => name !== OWN_FOLDER)
        .map(async (name) => {
          try {
            return describeFile(name, await lstat(join(folder, name)));
          } catch {
            // Gone since the folder was read.
            return undefined;
          }
        }),
    );
    return files.filter((file) => file !== undefined).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws CLIENT_FILE_REFUSED, CLIENT_FILE_NOT_FOUND */
  async stat(path: string): Promise<AllocFile> {
    const file = await this.#inside(path);
    return describeFile(
      file === (await realpath(this.#root)) ? '' : (file.split(sep).at(-1) ?? ''),
      await found(path, stat(file)),
    );
  }

  /** A file's bytes, in pieces of up to 64 KiB. @throws CLIENT_FILE_REFUSED, CLIENT_FILE_NOT_FOUND, CLIENT_FILE_RANGE_INVALID */
  async *read(path: string, { offset = 0, limit = Number.MAX_SAFE_INTEGER }: ReadRange = {}): AsyncGenerator<Buffer> {
    demandCount('offset', offset);
    demandCount('limit', limit);
    const file = await this.#open(path);
    try {
      let position = offset;
      const end = offset + limit;
      while (position < end) {
        const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - position));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  /**
   * A file as it is and, unless told otherwise, as it grows: until the signal aborts, or somebody deletes it or puts another
   * in its place.
   * @throws CLIENT_FILE_REFUSED, CLIENT_FILE_NOT_FOUND, CLIENT_FILE_RANGE_INVALID
   */
  async *stream(
    { path, offset = 0, origin = 'start', follow = true }: StreamQuery,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<FileFrame> {
    demandCount('offset', offset);
    const file = await this.#open(path);
    try {
      const { size } = await file.stat();
      const position = origin === 'start' ? Math.min(offset, size) : Math.max(0, size - offset);
      let isGone = false;
      const atEnd = async () => {
        if (!follow) return 'stop';
        isGone = !(await this.#isAt(path, file));
        return isGone ? 'last' : 'wait';
      };
      const end = yield* fileFrames(file, { path, position, atEnd, signal }, { clock: this.#clock });
      if (isGone) yield eventFrame(path, end, 'file deleted');
    } finally {
      await file.close();
    }
  }

  /**
   * What a task has written, over all files that its log was rotated into. With `follow` it goes on until the signal aborts or
   * somebody deletes the log, as whoever collects the allocation does.
   * @throws CLIENT_TASK_UNKNOWN, CLIENT_FILE_REFUSED, CLIENT_FILE_RANGE_INVALID
   */
  logs(query: LogQuery, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<FileFrame> {
    const { task, offset = 0 } = query;
    demandCount('offset', offset);
    if (!this.#tasks.includes(task)) throw taskUnknown(task);
    const folder = join(SHARED_FOLDER, 'logs');
    const reader = new LogReader(
      {
        names: async () => {
          try {
            return await readdir(await this.#inside(folder));
          } catch (error) {
            // It has not been set up yet.
            if ((error as ClientError).code === 'CLIENT_FILE_NOT_FOUND') return [];
            throw error;
          }
        },
        open: (name) => this.#open(join(folder, name)),
      },
      { clock: this.#clock, folder },
    );
    return reader.frames(query, { signal });
  }

  /** The real path of what the path names. */
  async #inside(path: string): Promise<string> {
    // Whether something is there outside is nobody's business, either.
    if (leadsOut(relative(this.#root, join(this.#root, path)))) throw escapes(path);
    return this.#checked(path, await found(path, realpath(join(this.#root, path))));
  }

  /**
   * Looks at what has been opened, not at its path: a task may change what that leads to at any moment.
   */
  async #open(path: string): Promise<FileHandle> {
    const target = await this.#inside(path);
    // A pipe without a writer would hold us up.
    const file = await found(path, open(target, constants.O_RDONLY | constants.O_NONBLOCK));
    try {
      await this.#checked(path, await realpath(`/proc/self/fd/${file.fd}`).catch(() => target));
      if (!(await file.stat()).isFile()) throw refused(path, `not a file: ${JSON.stringify(path)}`);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Whether a path still leads to the file that was opened by it. */
  async #isAt(path: string, file: FileHandle): Promise<boolean> {
    try {
      const opened = await file.stat();
      const { dev, ino } = await found(path, stat(await this.#inside(path)));
      return dev === opened.dev && ino === opened.ino;
    } catch (error) {
      if (isSteppeError(error)) return false;
      throw error;
    }
  }

  async #checked(path: string, target: string): Promise<string> {
    const inside = relative(await realpath(this.#root), target);
    if (leadsOut(inside)) throw escapes(path);
    const [top, second] = inside.split(sep);
    if (top !== SHARED_FOLDER && second === SECRETS_FOLDER) {
      throw refused(path, `Reading secret file prohibited: ${JSON.stringify(path)}`);
    }
    if (second === OWN_FOLDER) throw refused(path, `not a path: ${JSON.stringify(path)}`);
    return target;
  }
}

const leadsOut = (path: string): boolean => path === '..' || path.startsWith(`..${sep}`);

const escapes = (path: string): ClientError =>
  refused(path, `Path escapes the alloc directory: ${JSON.stringify(path)}`);

const refused = (path: string, message: string): ClientError =>
  clientError({ code: 'CLIENT_FILE_REFUSED', path }, message);

function demandCount(field: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw clientError(
    { code: 'CLIENT_FILE_RANGE_INVALID', field },
    `${field} must be a whole number from 0, got ${value}`,
  );
}

/** Tells by a code of ours that something is not there, or no folder. */
async function found<T>(path: string, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // A deleted file that is still open has no real path.
    if (code === 'ENOENT') throw notFound(path, `no such file or directory: ${JSON.stringify(path)}`, error);
    if (code === 'ENOTDIR') throw notFound(path, `not a directory: ${JSON.stringify(path)}`, error);
    if (code === 'ELOOP' || code === 'ENAMETOOLONG' || code === 'ERR_INVALID_ARG_VALUE') {
      throw refused(path, `not a path: ${JSON.stringify(path)}`);
    }
    throw error;
  }
}

const notFound = (path: string, message: string, cause: unknown): ClientError =>
  clientError({ code: 'CLIENT_FILE_NOT_FOUND', path }, message, cause);

const describeFile = (name: string, stats: Stats): AllocFile => ({
  name,
  isFolder: stats.isDirectory(),
  sizeBytes: stats.size,
  mode: modeText(stats),
  modifiedAtMs: stats.mtimeMs,
});

function modeText(stats: Stats): string {
  const kind = stats.isDirectory()
    ? 'd'
    : stats.isSymbolicLink()
      ? 'L'
      : stats.isFIFO()
        ? 'p'
        : stats.isSocket()
          ? 'S'
          : '-';
  const rights = Array.from('rwxrwxrwx', (right, i) => ((stats.mode >> (8 - i)) & 1 ? right : '-'));
  return kind + rights.join('');
}
