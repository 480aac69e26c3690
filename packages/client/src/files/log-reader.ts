import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

export interface LogQuery {
  readonly task: string;
  readonly type: 'stdout' | 'stderr';
  /** Bytes from the origin; default 0. */
  readonly offset?: number;
  /** Whether `offset` counts from the first byte that is left, or back from the last; default `start`. */
  readonly origin?: 'start' | 'end';
  /** Whether to wait for more at the end; default false. */
  readonly follow?: boolean;
}

/** A piece of a log. */
export interface LogFrame {
  /** Path of the file, from the allocation's folder. */
  readonly file: string;
  /** Where in the file the data begins. */
  readonly offset: number;
  readonly data: Buffer;
  /** `file truncated` when somebody shortened it; empty otherwise. */
  readonly fileEvent: string;
}

/** The folder of logs. */
export interface LogFolder {
  names(): Promise<readonly string[]>;
  open(name: string): Promise<FileHandle>;
}

const FRAME_BYTES = 64 * 1024;
/** How often a follower looks for more, milliseconds. */
const POLL_MS = 200;
const NO_DATA = Buffer.alloc(0);

const isOver = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** Reads the files `<task>.<type>.<n>` of a task, from lower to higher numbers, as one stream. */
export class LogReader {
  readonly #folder: LogFolder;
  readonly #clock: Clock;
  readonly #path: string;

  /** @param deps - `folder`: the folder's path, for frames */
  constructor(folder: LogFolder, { clock, folder: path }: { readonly clock: Clock; readonly folder: string }) {
    this.#folder = folder;
    this.#clock = clock;
    this.#path = path;
  }

  async *frames(
    query: LogQuery,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<LogFrame> {
    const { follow = false } = query;
    const prefix = `${query.task}.${query.type}.`;
    let { number, position } = await this.#begin(prefix, query);
    while (!isOver(signal)) {
      const next = await this.#next(prefix, number);
      if (next === undefined) {
        if (!follow || !(await this.#waited(signal))) return;
        continue;
      }
      const file = await this.#openIfThere(prefix + next);
      if (file !== undefined)
        yield* this.#file(file, { prefix, number: next, position: next === number ? position : 0, follow, signal });
      position = 0;
      number = next + 1;
    }
  }

  /** One file to its end; when following, until there is a next one. */
  async *#file(
    file: FileHandle,
    {
      prefix,
      number,
      position: from,
      follow,
      signal,
    }: { prefix: string; number: number; position: number; follow: boolean; signal: AbortSignal | undefined },
  ): AsyncGenerator<LogFrame> {
    const path = join(this.#path, prefix + number);
    let position = from;
    try {
      for (let isLast = false; !isOver(signal); ) {
        const buffer = Buffer.allocUnsafe(FRAME_BYTES);
        const { bytesRead } = await file.read(buffer, 0, FRAME_BYTES, position);
        if (bytesRead > 0) {
          yield { file: path, offset: position, data: buffer.subarray(0, bytesRead), fileEvent: '' };
          position += bytesRead;
          continue;
        }
        const { size } = await file.stat();
        if (size < position) {
          position = 0;
          yield { file: path, offset: 0, data: NO_DATA, fileEvent: 'file truncated' };
          continue;
        }
        if (isLast) return;
        // With a next file this one is complete; but it may have grown since it was read.
        if ((await this.#next(prefix, number + 1)) !== undefined) isLast = true;
        else if (!follow || !(await this.#waited(signal))) return;
      }
    } finally {
      await file.close();
    }
  }

  /** Where the query begins. */
  async #begin(
    prefix: string,
    { offset = 0, origin = 'start' }: LogQuery,
  ): Promise<{ readonly number: number; readonly position: number }> {
    const numbers = await this.#numbers(prefix);
    const sizes = await Promise.all(numbers.map((number) => this.#size(prefix + number)));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    let left = origin === 'start' ? offset : Math.max(0, total - offset);
    for (const [i, number] of numbers.entries()) {
      const size = sizes[i] ?? 0;
      const isLast = i === numbers.length - 1;
      if (left < size || isLast) return { number, position: Math.min(left, size) };
      left -= size;
    }
    return { number: 0, position: 0 };
  }

  async #size(name: string): Promise<number> {
    const file = await this.#openIfThere(name);
    if (file === undefined) return 0;
    try {
      return (await file.stat()).size;
    } finally {
      await file.close();
    }
  }

  async #openIfThere(name: string): Promise<FileHandle | undefined> {
    try {
      return await this.#folder.open(name);
    } catch (error) {
      // Rotated away since the folder was read.
      if ((error as { readonly code?: string }).code === 'CLIENT_FILE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** The lowest number that is there, from `number` on. */
  async #next(prefix: string, number: number): Promise<number | undefined> {
    return (await this.#numbers(prefix)).find((each) => each >= number);
  }

  async #numbers(prefix: string): Promise<readonly number[]> {
    return (await this.#folder.names())
      .filter((name) => name.startsWith(prefix) && /^\d{1,9}$/.test(name.slice(prefix.length)))
      .map((name) => Number(name.slice(prefix.length)))
      .toSorted((a, b) => a - b);
  }

  /** @returns false when the signal aborted */
  async #waited(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await sleep(this.#clock, POLL_MS, signal === undefined ? {} : { signal });
      return true;
    } catch {
      return false;
    }
  }
}
