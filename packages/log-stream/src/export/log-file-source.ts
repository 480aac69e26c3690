import { errorMessage } from '@steppe/domain';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { logStreamError } from '../errors.js';
import type { LogSource, LogSourceRequest } from './log-source.js';

const READ_BYTES = 64 * 1024;

export interface LogFileSourceOptions {
  /** The file the agent writes at the moment; `undefined` when it logs to none. */
  readonly currentPath: () => string | undefined;
}

/** The agent's current log file, from its beginning to where it ends now. Rotated files are not part of it. */
export class LogFileSource implements LogSource {
  readonly name = 'on_disk';
  readonly #options: LogFileSourceOptions;

  constructor(options: LogFileSourceOptions) {
    this.#options = options;
  }

  open(_request: LogSourceRequest, { signal }: { readonly signal: AbortSignal }): Promise<AsyncIterable<Uint8Array>> {
    const path = this.#options.currentPath();
    if (path === undefined) {
      return Promise.reject(logStreamError({ code: 'LOG_FILE_UNDEFINED' }, 'No nomad log file defined'));
    }
    return openLogFile(path, { signal });
  }
}

/**
 * Opens a log file for reading up to its present end: a log that grows while it is read does not go on for ever.
 * Whatever is not a regular file has no content.
 * @throws LOG_FILE_UNREADABLE
 */
export async function openLogFile(
  path: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<AsyncIterable<Uint8Array>> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const stat = await file.stat();
    if (stat.isFile() && !signal.aborted) return readUpTo(file, stat.size, signal);
    await file.close();
    return readUpTo(file, 0, signal);
  } catch (error) {
    await file?.close();
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'no such file or directory' : errorMessage(error);
    throw logStreamError({ code: 'LOG_FILE_UNREADABLE', path }, `open ${path}: ${reason}`, error);
  }
}

/** Closes the file when the iteration ends, and also when it never begins but the request is over. */
function readUpTo(file: FileHandle, size: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const onAbort = (): void => void file.close();
  signal.addEventListener('abort', onAbort, { once: true });
  return (async function* pieces() {
    try {
      for (let at = 0; at < size && !signal.aborted; ) {
        const buffer = Buffer.alloc(Math.min(READ_BYTES, size - at));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      await file.close();
    }
  })();
}
