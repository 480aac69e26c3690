import type { Clock } from '@steppe/runtime';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileFrame } from './file-frames.js';
import { eventFrame, fileFrames, isOver, waitForMore } from './file-frames.js';

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

/** The folder of logs. */
export interface LogFolder {
  names(): Promise<readonly string[]>;
  open(name: string): Promise<FileHandle>;
}

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
  ): AsyncGenerator<FileFrame> {
    const { follow = false } = query;
    const prefix = `${query.task}.${query.type}.`;
    let { number, position } = await this.#begin(prefix, query);
    while (!isOver(signal)) {
      const next = await this.#next(prefix, number);
      if (next === undefined) {
        if (!follow || !(await waitForMore(this.#clock, signal))) return;
        continue;
      }
      const file = await this.#openIfThere(prefix + next);
      if (file !== undefined) {
        const from = next === number ? position : 0;
        if (yield* this.#file(file, { prefix, number: next, position: from, follow, signal })) return;
      }
      position = 0;
      number = next + 1;
    }
  }

  /** One file to its end; when following, until there is a next one. @returns whether it was deleted without any */
  async *#file(
    file: FileHandle,
    {
      prefix,
      number,
      position,
      follow,
      signal,
    }: { prefix: string; number: number; position: number; follow: boolean; signal: AbortSignal | undefined },
  ): AsyncGenerator<FileFrame, boolean> {
    try {
      const path = join(this.#path, prefix + number);
      let isGone = false;
      const atEnd = async () => {
        const numbers = await this.#numbers(prefix);
        // With a next file this one is complete.
        if (numbers.some((each) => each > number)) return 'last';
        if (!follow) return 'stop';
        // So it is, and all of the log, when the allocation has been collected.
        isGone = !numbers.includes(number);
        return isGone ? 'last' : 'wait';
      };
      const end = yield* fileFrames(file, { path, position, atEnd, signal }, { clock: this.#clock });
      if (isGone) yield eventFrame(path, end, 'file deleted');
      return isGone;
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
}
