import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient, QueryValues } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';
import type { Beginning } from './frame-copy.js';
import { LineTail } from './line-tail.js';

/** What `/v1/client/fs/stat` tells of a file or folder, and `ls` of each in a folder. */
export interface FileWire {
  readonly Name: string;
  readonly IsDir: boolean;
  readonly Size: number;
  readonly FileMode: string;
  readonly ModTime: string;
}

interface FileCopy extends Beginning {
  readonly allocId: string;
  /** Names the file, and the namespace of its allocation. */
  readonly query: QueryValues;
  /** Whether to go on with what is written from now on. */
  readonly isFollowed: boolean;
  readonly signal: AbortSignal;
}

/** How often a file that is followed is looked at. */
const LOOK_MS = 500;

/** Writes a file of an allocation out, all of it or its end, and then what is added to it if it is followed. */
export async function copyFile(client: ApiClient, copy: FileCopy, io: CliIo): Promise<void> {
  const { allocId, query, origin, offset, lines, isFollowed, signal } = copy;
  const sizeOf = async (): Promise<number> =>
    ((await client.get(`/v1/client/fs/stat/${allocId}`, query)) as FileWire).Size;
  const write = async (path: string, range: QueryValues, tail?: LineTail): Promise<void> => {
    const { body } = await client.download(path, { ...query, ...range }, { signal });
    for await (const chunk of body as AsyncIterable<Buffer>) {
      io.writeOut(tail === undefined ? chunk : tail.push(chunk));
      // A terminal that takes its time makes the agent wait, not us swell.
      await io.written();
    }
    if (tail !== undefined) io.writeOut(tail.open());
  };
  try {
    if (origin === 'start' && !isFollowed) {
      await write(`/v1/client/fs/cat/${allocId}`, {});
      return;
    }
    const part = `/v1/client/fs/readat/${allocId}`;
    let size = await sizeOf();
    let position = origin === 'start' ? 0 : Math.max(0, size - offset);
    let tail = lines === undefined ? undefined : new LineTail(lines);
    do {
      // One that has become shorter begins anew.
      if (size < position) position = 0;
      if (size > position) await write(part, { offset: `${position}`, limit: `${size - position}` }, tail);
      position = size;
      tail = undefined;
      if (!isFollowed) return;
      await wait(LOOK_MS, undefined, { signal });
      size = await sizeOf();
    } while (!signal.aborted);
  } catch (error) {
    // Whoever has enough does not want to know what that has broken.
    if (!signal.aborted) throw error;
  }
}
