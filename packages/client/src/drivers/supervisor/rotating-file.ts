import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface RotatingFileOptions {
  readonly folder: string;
  /** Files are `<name>.<n>`, the newest with the largest number. */
  readonly name: string;
  /** Files kept, at least 1. */
  readonly maxFiles: number;
  /** Bytes of one file; at least 1. */
  readonly maxBytes: number;
}

/**
 * Output of a task in files of limited size: when one is full the next begins, and the oldest goes. Written at once, so that
 * nothing is lost when the process that writes is killed.
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #number: number;
  #size: number;
  #file: number;

  /** Goes on behind what is there already. */
  constructor(options: RotatingFileOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    this.#number = Math.max(0, ...numbersOf(options));
    const path = this.#path(this.#number);
    this.#file = openSync(path, 'a');
    this.#size = statSync(path).size;
  }

  write(data: Uint8Array): void {
    for (let rest = data; rest.length > 0; ) {
      if (this.#size >= this.#options.maxBytes) this.#next();
      const written = writeSync(this.#file, rest, 0, Math.min(rest.length, this.#options.maxBytes - this.#size));
      this.#size += written;
      rest = rest.subarray(written);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #next(): void {
    closeSync(this.#file);
    this.#number += 1;
    this.#size = 0;
    this.#file = openSync(this.#path(this.#number), 'a');
    for (const number of numbersOf(this.#options)) {
      if (number <= this.#number - this.#options.maxFiles) rmSync(this.#path(number), { force: true });
    }
  }

  #path(number: number): string {
    return join(this.#options.folder, `${this.#options.name}.${number}`);
  }
}

/** Numbers of the files there are, ascending. */
function numbersOf({ folder, name }: Pick<RotatingFileOptions, 'folder' | 'name'>): readonly number[] {
  const prefix = `${name}.`;
  return readdirSync(folder)
    .filter((file) => file.startsWith(prefix) && /^\d+$/.test(file.slice(prefix.length)))
    .map((file) => Number(file.slice(prefix.length)))
    .sort((a, b) => a - b);
}
