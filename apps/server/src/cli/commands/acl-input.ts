import { errorMessage } from '@steppe/domain';
import { readFileSync } from 'node:fs';
import type { CliIo } from '../cli-io.js';

/** A file's text, or for `-` that of standard input. @throws an `Error` naming the file */
export async function readText(path: string, io: CliIo): Promise<string> {
  try {
    if (path !== '-') return readFileSync(path, 'utf8');
    const chunks: Uint8Array[] = [];
    for await (const chunk of io.input()) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    throw new Error(`Error reading ${path === '-' ? 'standard input' : path}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

/** A secret from a file or standard input, without the line end that editors and shells put behind it. */
export async function readSecret(path: string, io: CliIo): Promise<string> {
  return (await readText(path, io)).replace(/\n$/, '');
}

/** Runs `ask`; a failure gets `prefix` in front. */
export async function explained<T>(prefix: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new Error(`${prefix}${errorMessage(error)}`, { cause: error });
  }
}
