import { FrameReader } from '@steppe/log-stream';
import type { FlagTable, FlagValues } from '@steppe/config';
import type { ApiClient, QueryValues } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import { UsageError } from '../command.js';
import { LineTail } from './line-tail.js';

/** Flags of commands that show a file which may grow. */
export const TAIL_FLAGS = {
  f: { kind: 'bool', usage: 'go on with what is written from now on' },
  tail: { kind: 'bool', usage: 'begin near the end: with the last 10 lines unless -n or -c says otherwise' },
  n: { kind: 'int', usage: 'begin with the last so many lines' },
  c: { kind: 'int', usage: 'begin with the last so many bytes' },
} as const satisfies FlagTable;

/** Where to begin in a file. */
export interface Beginning {
  readonly origin: 'start' | 'end';
  /** Bytes from there. */
  readonly offset: number;
  /** Only so many lines of what there is; `undefined` for all of it. */
  readonly lines: number | undefined;
}

const DEFAULT_LINES = 10;
/** How far before the end the last lines are looked for. */
const BYTES_PER_LINE = 1_024;
const MAX_BYTES = 16 * 1_024 * 1_024;
/** When nothing more comes for so long, what there was has come. */
const QUIET_MS = 250;

/** Where to begin. @throws UsageError naming a flag that makes no sense */
export function beginningOf({ tail, n, c }: FlagValues<typeof TAIL_FLAGS>): Beginning {
  if (n !== undefined && c !== undefined) throw new UsageError('-n and -c are mutually exclusive');
  for (const [flag, value] of [
    ['-n', n],
    ['-c', c],
  ] as const) {
    if (value !== undefined && value < 0) throw new UsageError(`${flag} must not be below 0, got ${value}`);
  }
  if (c !== undefined) return { origin: 'end', offset: c, lines: undefined };
  if (tail !== true && n === undefined) return { origin: 'start', offset: 0, lines: undefined };
  const lines = n ?? DEFAULT_LINES;
  return { origin: 'end', offset: Math.min(lines * BYTES_PER_LINE, MAX_BYTES), lines };
}

interface Copy {
  readonly path: string;
  readonly query: QueryValues;
  readonly lines: number | undefined;
  readonly signal: AbortSignal;
}

/** Writes out what the frames of a stream carry, to its end or until the signal aborts. */
export async function copyFrames(client: ApiClient, { path, query, lines, signal }: Copy, io: CliIo): Promise<void> {
  const tail = lines === undefined ? undefined : new LineTail(lines);
  const reader = new FrameReader();
  let quiet: NodeJS.Timeout | undefined;
  const open = (): void => {
    clearTimeout(quiet);
    if (tail !== undefined && !tail.isOpen) io.writeOut(tail.open());
  };
  try {
    const { body } = await client.download(path, query, { signal });
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (const { data, fileEvent } of reader.push(chunk)) {
        const shown = tail === undefined ? data : tail.push(data);
        if (shown.length > 0) io.writeOut(shown);
        // A heartbeat, or something that happened to the file.
        if (data.length === 0) open();
        if (fileEvent !== '') io.writeError(`${fileEvent}\n`);
      }
      clearTimeout(quiet);
      if (tail?.isOpen === false) quiet = setTimeout(open, QUIET_MS);
      // A terminal that takes its time makes the agent wait, not us swell.
      await io.written();
    }
    reader.end();
  } catch (error) {
    // Whoever has enough does not want to know what that has broken.
    if (!signal.aborted) throw error;
  } finally {
    open();
  }
}

/** Runs `copy` until it ends or the user has enough. */
export async function untilInterrupted(io: CliIo, copy: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const leave = new AbortController();
  const stopListening = io.onInterrupt(() => leave.abort());
  try {
    await copy(leave.signal);
  } finally {
    stopListening();
  }
}
