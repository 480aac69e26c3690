import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { FileHandle } from 'node:fs/promises';

/** A piece of a file. */
export interface FileFrame {
  /** Path of the file, from the allocation's folder. */
  readonly file: string;
  /** Where in the file the data begins. */
  readonly offset: number;
  readonly data: Buffer;
  /** What happened to the file, with Nomad's text; empty otherwise. */
  readonly fileEvent: '' | 'file deleted' | 'file truncated';
}

/** What to do where a file ends: look again later, read on once more and stop, or stop. */
type AtEnd = 'wait' | 'last' | 'stop';

interface FileFramesOptions {
  /** As frames show it. */
  readonly path: string;
  /** Where to begin, bytes. */
  readonly position: number;
  readonly atEnd: () => Promise<AtEnd>;
  readonly signal: AbortSignal | undefined;
}

const FRAME_BYTES = 64 * 1024;
/** How often a follower looks for more, milliseconds. */
const POLL_MS = 200;
const NO_DATA = Buffer.alloc(0);

export const isOver = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

export const eventFrame = (file: string, offset: number, fileEvent: FileFrame['fileEvent']): FileFrame => ({
  file,
  offset,
  data: NO_DATA,
  fileEvent,
});

/**
 * Reads an open file to its end, from the beginning again when somebody shortened it. @returns where it got to
 */
export async function* fileFrames(
  file: FileHandle,
  { path, position: from, atEnd, signal }: FileFramesOptions,
  { clock }: { readonly clock: Clock },
): AsyncGenerator<FileFrame, number> {
  let position = from;
  for (let isLast = false; !isOver(signal); ) {
    const buffer = Buffer.allocUnsafe(FRAME_BYTES);
    const { bytesRead } = await file.read(buffer, 0, FRAME_BYTES, position);
    if (bytesRead > 0) {
      yield { file: path, offset: position, data: buffer.subarray(0, bytesRead), fileEvent: '' };
      position += bytesRead;
      continue;
    }
    const { size } = await file.stat();
    if (size < position) {
      position = 0;
      yield eventFrame(path, 0, 'file truncated');
      continue;
    }
    if (isLast) break;
    const next = await atEnd();
    // It may have grown since it was read.
    if (next === 'last') isLast = true;
    else if (next === 'stop' || !(await waitForMore(clock, signal))) break;
  }
  return position;
}

/** @returns false when the signal aborted */
export async function waitForMore(clock: Clock, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await sleep(clock, POLL_MS, signal === undefined ? {} : { signal });
    return true;
  } catch {
    return false;
  }
}
