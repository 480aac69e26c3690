import type { FileHandle } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';

/** A line without end is cut here. */
const MAX_LINE = 64 * 1_024;

/** A text file that grows by whole lines, each of which is cleaned before it is written. */
export class RedactedTextFile {
  readonly #handle: FileHandle;
  readonly #clean: (text: string) => string;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(handle: FileHandle, clean: (text: string) => string) {
    this.#handle = handle;
    this.#clean = clean;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#rest += this.#decoder.write(bytes);
    const end = this.#rest.length > MAX_LINE ? this.#rest.length : this.#rest.lastIndexOf('\n') + 1;
    if (end === 0) return;
    const lines = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end);
    await this.#handle.write(this.#clean(lines));
  }

  async close(): Promise<void> {
    const rest = this.#rest + this.#decoder.end();
    if (rest !== '') await this.#handle.write(this.#clean(rest));
    await this.#handle.close();
  }
}
