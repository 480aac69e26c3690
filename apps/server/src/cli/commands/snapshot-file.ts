import { errorMessage } from '@steppe/domain';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { UsageError } from '../command.js';

/** The one file a command is called with. @throws UsageError */
export function fileArgument(args: readonly string[]): string {
  const [file] = args;
  if (file === undefined || args.length > 1) throw new UsageError('This command takes one argument: <file>');
  return file;
}

/** @throws an `Error` naming the file when it cannot be read */
export async function openSnapshot(file: string): Promise<Readable> {
  try {
    const handle = await open(file);
    return createReadStream(file, { fd: handle });
  } catch (error) {
    throw new Error(`Error opening snapshot file: ${errorMessage(error)}`, { cause: error });
  }
}
