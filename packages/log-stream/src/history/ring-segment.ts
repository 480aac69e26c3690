import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { decodeStoredRecord } from './stored-record.js';
import type { StoredRecord } from './stored-record.js';

const CHUNK_BYTES = 64 * 1024;
/** Longest line that is written, and so the longest worth looking for. */
export const MAX_LINE_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

/** One file of the ring, and what is known of it without reading it again. */
export interface RingSegment {
  readonly path: string;
  /** No record in it has a lower number. */
  readonly first: number;
  /** Of its last record; one below `first` while there is none. */
  last: number;
  /** Unix milliseconds of its beginning. */
  readonly begunAt: number;
  /** Of its last record, Unix milliseconds. */
  lastTime: number;
  bytes: number;
  /** The agent stopped in order with this file: the next number it would have given. */
  readonly endedAt?: number;
}

const END = /^\["end",(\d{1,16})\]$/;

/** Last line of a run that ended in order. */
export const endLine = (next: number): string => `["end",${next}]\n`;

const NAME = /^log-(\d{16})\.ndjson$/;

export const segmentName = (first: number): string => `log-${`${first}`.padStart(16, '0')}.ndjson`;

/** What a file of an earlier run holds, from its name and its end; `undefined` for a file that is none of ours. */
export function inspectSegment(path: string): RingSegment | undefined {
  const name = NAME.exec(basename(path))?.[1];
  if (name === undefined) return undefined;
  const first = Number(name);
  const fd = openSync(path, 'r');
  try {
    const { size: bytes, mtimeMs } = fstatSync(fd);
    let last: StoredRecord | undefined;
    let endedAt: number | undefined;
    // A crash may have cut off the last line; a full disk any number of them.
    for (const line of linesBackwards(fd, bytes)) {
      const end = END.exec(line)?.[1];
      if (end !== undefined) endedAt = Number(end);
      last = decodeStoredRecord(line);
      if (last !== undefined) break;
    }
    const lastTime = last?.record.time ?? mtimeMs;
    const segment = { path, bytes, first, last: last?.sequence ?? first - 1, lastTime, begunAt: lastTime };
    return endedAt === undefined ? segment : { ...segment, endedAt };
  } finally {
    closeSync(fd);
  }
}

/** The complete lines of the end of a file, last first; not further back than one of the greatest length needs. */
function* linesBackwards(fd: number, size: number): Generator<string> {
  for (let span = CHUNK_BYTES; ; span *= 2) {
    const start = Math.max(0, size - span);
    const lines = readAt(fd, start, size - start)
      .toString()
      .split('\n');
    // Behind the last line feed stands what was cut off, if anything.
    lines.pop();
    if (start > 0) lines.shift();
    const decoded = lines.some((line) => decodeStoredRecord(line) !== undefined);
    if (decoded || start === 0 || span > 2 * MAX_LINE_BYTES) {
      yield* lines.toReversed();
      return;
    }
  }
}

function readAt(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const count = readSync(fd, buffer, read, length - read, position + read);
    if (count === 0) break;
    read += count;
  }
  return buffer.subarray(0, read);
}

/** The records of a file in order, in batches of about 64 KiB. A file that is gone has none; lines that are no records are skipped. */
export async function* readSegment(
  path: string,
  { signal }: { readonly signal: AbortSignal },
): AsyncGenerator<readonly StoredRecord[]> {
  const file = await open(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    let rest = Buffer.alloc(0);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    while (!signal.aborted) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return;
      const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      const end = bytes.lastIndexOf(LINE_FEED) + 1;
      // No line of ours is that long.
      rest = bytes.length - end > 2 * MAX_LINE_BYTES ? Buffer.alloc(0) : bytes.subarray(end);
      const records = bytes
        .subarray(0, end)
        .toString()
        .split('\n')
        .map(decodeStoredRecord)
        .filter((record) => record !== undefined);
      if (records.length > 0) yield records;
    }
  } finally {
    await file.close();
  }
}
