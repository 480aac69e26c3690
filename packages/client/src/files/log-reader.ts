import { isSteppeError } from '@steppe/domain';
import { sleep } from '@steppe/runtime';
import type { Clock } from '@steppe/runtime';
import type { FileHandle } from 'node:fs/promises';
import { endOfFile } from './file-end.js';
import { notFound } from './allocation-path.js';

/** How often a log that is followed is looked at; Nomad's value. */
const FOLLOW_MS = 250;

/** A piece of a file. */
export interface StreamFrame {
  /** Where the data begins in the file, bytes. */
  readonly offset: number;
  readonly data: Buffer;
  /** Path from the folder of the allocation. */
  readonly file: string;
  /** What happened to the file; empty: only more data. */
  readonly fileEvent: '' | 'file truncated';
}

/** What is wanted of the log of a task. */
export interface LogQuery {
  readonly task: string;
  readonly type: 'stdout' | 'stderr';
  /** What `offset` counts from; default `start`. */
  readonly origin?: 'start' | 'end';
  /** Bytes over all files; from the end: backwards. Default 0. */
  readonly offset?: number;
  /** Whether to wait for more at the end; default false. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

export interface LogReaderDeps {
  readonly clock: Clock;
  /** Names of the files in the log folder. */
  readonly listLogs: () => Promise<readonly string[]>;
  /** Rejects with ALLOC_FILE_NOT_FOUND. */
  readonly open: (path: string) => Promise<FileHandle>;
}

interface Place {
  readonly number: number;
  readonly offset: number;
}

/** Reads the log files of a task as the one text they are, while they are written and rotated. */
export class LogReader {
  readonly #deps: LogReaderDeps;

  constructor(deps: LogReaderDeps) {
    this.#deps = deps;
  }

  /** Rejects with ALLOC_FILE_NOT_FOUND when the task has written no log. */
  async *read(query: LogQuery): AsyncGenerator<StreamFrame, void> {
    let place: Place | undefined = await this.#begin(query);
    while (place !== undefined) place = yield* this.#readFile(place, query);
  }

  /** Reads one file to its end and beyond; gives the place where the log goes on. */
  async *#readFile({ number, offset }: Place, query: LogQuery): AsyncGenerator<StreamFrame, Place | undefined> {
    const name = nameOf(query, number);
    const file = await this.#openIfThere(name);
    // Rotated away before it could be read.
    if (file === undefined) return this.#next(number, query);
    try {
      let position = offset;
      for (;;) {
        position = yield* toEnd(file, name, position);
        const next = await this.#next(number, query);
        if (next !== undefined) {
          // The next file begins when this one is complete, which it may not have been a moment ago.
          yield* toEnd(file, name, position);
          return next;
        }
        if (query.follow !== true || !(await this.#wait(query.signal))) return undefined;
        if ((await file.stat()).size < position) {
          position = 0;
          yield { offset: 0, data: Buffer.alloc(0), file: name, fileEvent: 'file truncated' };
        }
      }
    } finally {
      await file.close();
    }
  }

  /** Resolves to whether to go on. */
  async #wait(signal: AbortSignal | undefined): Promise<boolean> {
    return sleep(this.#deps.clock, FOLLOW_MS, signal === undefined ? {} : { signal }).then(
      () => true,
      () => false,
    );
  }

  async #begin(query: LogQuery): Promise<Place> {
    const numbers = await this.#numbers(query);
    const [first] = numbers;
    if (first === undefined) throw notFound(nameOf(query, 0));
    return query.origin === 'end' ? this.#fromEnd(numbers, query) : this.#fromStart(numbers, query);
  }

  async #fromStart(numbers: readonly number[], query: LogQuery): Promise<Place> {
    let offset = query.offset ?? 0;
    const last = numbers.at(-1) ?? 0;
    for (const number of numbers) {
      const size = await this.#size(nameOf(query, number));
      if (offset < size || number === last) return { number, offset: Math.min(offset, size) };
      offset -= size;
    }
    return { number: last, offset: 0 };
  }

  async #fromEnd(numbers: readonly number[], query: LogQuery): Promise<Place> {
    let back = query.offset ?? 0;
    for (const number of numbers.toReversed()) {
      const size = await this.#size(nameOf(query, number));
      if (back <= size) return { number, offset: size - back };
      back -= size;
    }
    return { number: numbers[0] ?? 0, offset: 0 };
  }

  async #next(number: number, query: LogQuery): Promise<Place | undefined> {
    const next = (await this.#numbers(query)).find((other) => other > number);
    return next === undefined ? undefined : { number: next, offset: 0 };
  }

  /** Of the files of this log, upwards. */
  async #numbers({ task, type }: LogQuery): Promise<readonly number[]> {
    const start = `${task}.${type}.`;
    return (await this.#deps.listLogs())
      .filter((name) => name.startsWith(start) && /^\d{1,15}$/.test(name.slice(start.length)))
      .map((name) => Number(name.slice(start.length)))
      .toSorted((a, b) => a - b);
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
      return await this.#deps.open(name);
    } catch (error) {
      if (isSteppeError(error, 'ALLOC_FILE_NOT_FOUND')) return undefined;
      throw error;
    }
  }
}

const nameOf = ({ task, type }: LogQuery, number: number): string => `alloc/logs/${task}.${type}.${number}`;

/** Reads on to the end of the file, and returns where that is. */
async function* toEnd(file: FileHandle, name: string, offset: number): AsyncGenerator<StreamFrame, number> {
  let position = offset;
  for await (const data of endOfFile(file, offset)) {
    yield { offset: position, data, file: name, fileEvent: '' };
    position += data.length;
  }
  return position;
}
