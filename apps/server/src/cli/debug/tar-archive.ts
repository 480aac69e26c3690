import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const BLOCK = 512;
const MAX_NAME = 100;
const MAX_PREFIX = 155;
/** Eleven octal digits. */
const MAX_SIZE = 0o77777777777;

export interface TarOptions {
  /** Folder the paths are of. */
  readonly folder: string;
  /** Relative paths with `/`, in the order of the archive. */
  readonly paths: readonly string[];
  /** Folder all files stand in inside the archive. */
  readonly root: string;
  /** File to create, readable by its owner alone. */
  readonly file: string;
}

/**
 * Packs files as a gzipped tar archive in the POSIX format (ustar).
 * @throws an `Error` naming a path that is too long for it, or what the disk fails with, also when the file is there already
 */
export async function writeTarGz(options: TarOptions): Promise<void> {
  await pipeline(
    () => blocks(options),
    createGzip(),
    createWriteStream(options.file, { mode: 0o600, flags: 'wx', flush: true }),
  );
}

async function* blocks({ folder, paths, root }: TarOptions): AsyncGenerator<Buffer> {
  for (const path of paths) {
    const file = join(folder, path);
    const { size, mtimeMs } = await stat(file);
    yield header(`${root}/${path}`, size, mtimeMs);
    // What is appended meanwhile would shift all that follows.
    if (size > 0) for await (const chunk of createReadStream(file, { end: size - 1 })) yield chunk as Buffer;
    yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** A header block, POSIX.1-1988. @throws an `Error` naming the path */
export function header(path: string, size: number, mtimeMs: number): Buffer {
  if (size > MAX_SIZE) throw new Error(`${path} is too large for a tar archive: ${size} bytes`);
  const { prefix, name } = splitPath(path);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(Math.floor(value).toString(8).padStart(digits, '0'), at, 'latin1');
  };
  block.write(name, 0);
  octal(0o600, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(mtimeMs / 1_000, 136, 11);
  block.fill(' ', 148, 156);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  block.write(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= MAX_NAME) return { prefix: '', name: path };
  for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
    const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)];
    if (Buffer.byteLength(name) > MAX_NAME) break;
    if (Buffer.byteLength(prefix) <= MAX_PREFIX) return { prefix, name };
  }
  throw new Error(`the path is too long for a tar archive: ${path}`);
}
