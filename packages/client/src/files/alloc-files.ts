import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { Stats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { clientError } from '../errors.js';
import { numbersOf } from '../drivers/supervisor/rotating-file.js';
import { OWN_FOLDER } from '../drivers/supervisor/supervised-task.js';

/** What is known of a file without reading it. */
export interface AllocFileInfo {
  readonly name: string;
  readonly isFolder: boolean;
  readonly size: number;
  /** As `ls` writes it: `-rw-r--r--`. */
  readonly mode: string;
  /** Unix milliseconds. */
  readonly modifiedMs: number;
}

/** A piece of a file. */
export interface FileFrame {
  /** Name of the file. */
  readonly file: string;
  /** Where the data ends in it. */
  readonly offset: number;
  readonly data: Uint8Array;
}

export interface ReadOptions {
  readonly offset: number;
  /** What `offset` counts from; towards the middle. */
  readonly origin: 'start' | 'end';
  /** Whether to wait for more at the end. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export interface LogOptions extends ReadOptions {
  readonly task: string;
  readonly type: 'stdout' | 'stderr';
}

const CHUNK = 64 * 1_024;
const POLL_MS = 200;
const SECRETS = 'secrets';

/** The files of one allocation, for others to see: nothing outside its folder, and no secrets. */
export class AllocFiles {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor({ folder, clock }: { readonly folder: string; readonly clock: Clock }) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** @throws ALLOC_FILE_INVALID */
  async list(path: string): Promise<readonly AllocFileInfo[]> {
    const folder = await this.#find(path);
    const names = await readdir(folder.path).catch(() => {
      throw invalid(path, 'is not a folder');
    });
    const shown = names.filter((name) => name !== OWN_FOLDER).sort();
    return Promise.all(shown.map(async (name) => infoOf(name, await stat(join(folder.path, name)))));
  }

  /** @throws ALLOC_FILE_INVALID */
  async stat(path: string): Promise<AllocFileInfo> {
    const { path: found, stats } = await this.#find(path);
    return infoOf(basename(found), stats);
  }

  /** Pieces of a file, as far as it goes, or goes on. @throws ALLOC_FILE_INVALID @param limit - bytes at most */
  async *read(path: string, options: ReadOptions, limit = Infinity): AsyncGenerator<FileFrame> {
    const found = await this.#find(path);
    if (found.stats.isDirectory()) throw invalid(path, 'is a folder');
    const { offset, origin } = options;
    let at = origin === 'start' ? offset : Math.max(0, found.stats.size - offset);
    let left = limit;
    while (left > 0 && !options.signal.aborted) {
      const data = await readAt(found.path, at, Math.min(CHUNK, left));
      if (data.length > 0) {
        at += data.length;
        left -= data.length;
        yield { file: basename(found.path), offset: at, data };
      } else if (!(await this.#more(options))) return;
    }
  }

  /** What a task says, from whatever file it is in: offsets count over all that are left of them. @throws ALLOC_FILE_INVALID */
  async *logs({ task, type, ...options }: LogOptions): AsyncGenerator<FileFrame> {
    const log = { folder: join(this.#folder, 'alloc', 'logs'), name: `${task}.${type}` };
    if (/[/\\]/.test(task)) throw invalid(task, 'is not the name of a task');
    let place = await this.#placeInLogs(log, options);
    while (!options.signal.aborted) {
      if (place === undefined) {
        if (!(await this.#more(options))) return;
        place = await this.#placeInLogs(log, { ...options, origin: 'start', offset: 0 });
        continue;
      }
      const file = `${log.name}.${place.number}`;
      const data = await readAt(join(log.folder, file), place.at, CHUNK);
      if (data.length > 0) {
        place = { ...place, at: place.at + data.length };
        yield { file, offset: place.at, data };
        continue;
      }
      const { number } = place;
      const next = numbers(log).find((each) => each > number);
      // The one before may have got its last bytes after we looked, and before the next one was there.
      if (next !== undefined) {
        const rest = await readAt(join(log.folder, file), place.at, CHUNK);
        if (rest.length === 0) place = { number: next, at: 0 };
      } else if (!(await this.#more(options))) return;
    }
  }

  async #placeInLogs(
    log: { readonly folder: string; readonly name: string },
    { offset, origin }: Pick<ReadOptions, 'offset' | 'origin'>,
  ): Promise<{ readonly number: number; readonly at: number } | undefined> {
    const files: { number: number; size: number }[] = [];
    for (const number of numbers(log)) {
      const stats = await stat(join(log.folder, `${log.name}.${number}`)).catch(() => undefined);
      if (stats !== undefined) files.push({ number, size: stats.size });
    }
    const total = files.reduce((sum, { size }) => sum + size, 0);
    let at = origin === 'start' ? offset : Math.max(0, total - offset);
    for (const { number, size } of files) {
      if (at < size) return { number, at };
      at -= size;
    }
    const last = files.at(-1);
    return last === undefined ? undefined : { number: last.number, at: last.size };
  }

  /** Waits for more, where somebody wants that. */
  async #more({ follow, signal }: Pick<ReadOptions, 'follow' | 'signal'>): Promise<boolean> {
    if (!follow || signal.aborted) return false;
    await sleep(this.#clock, POLL_MS, { signal }).catch(() => undefined);
    return !signal.aborted;
  }

  async #find(path: string): Promise<{ readonly path: string; readonly stats: Stats }> {
    const root = await realpath(this.#folder).catch(() => {
      throw invalid(path, 'does not exist');
    });
    const wanted = join(root, path);
    if (wanted !== root && !wanted.startsWith(root + sep)) throw invalid(path, 'escapes the allocation directory');
    const found = await realpath(wanted).catch(() => {
      throw invalid(path, 'does not exist');
    });
    // A link may lead anywhere.
    if (found !== root && !found.startsWith(root + sep)) throw invalid(path, 'escapes the allocation directory');
    const parts = found.slice(root.length + 1).split(sep);
    if (parts.length > 1 && (parts[1] === SECRETS || parts[1] === OWN_FOLDER)) {
      throw invalid(path, 'is prohibited: it may hold secrets');
    }
    return { path: found, stats: await stat(found) };
  }
}

function numbers(log: { readonly folder: string; readonly name: string }): readonly number[] {
  try {
    return numbersOf(log);
  } catch {
    // Nothing has run yet.
    return [];
  }
}

async function readAt(path: string, at: number, length: number): Promise<Uint8Array> {
  const file = await open(path).catch(() => undefined);
  // Rotated away since.
  if (file === undefined) return new Uint8Array();
  try {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(buffer, 0, length, at);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function infoOf(name: string, stats: Stats): AllocFileInfo {
  const { mode, mtimeMs, size } = stats;
  return { name, isFolder: stats.isDirectory(), size, mode: modeText(mode, stats), modifiedMs: mtimeMs };
}

function modeText(mode: number, stats: Stats): string {
  const bits = Array.from('rwxrwxrwx', (letter, n) => ((mode & (1 << (8 - n))) === 0 ? '-' : letter));
  return `${stats.isDirectory() ? 'd' : '-'}${bits.join('')}`;
}

const invalid = (path: string, problem: string) =>
  clientError({ code: 'ALLOC_FILE_INVALID', path }, `file ${JSON.stringify(path)} ${problem}`);
