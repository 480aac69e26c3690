import type { Clock } from '@steppe/runtime';
import type { ByteSink } from '../monitor/byte-sink.js';
import { FrameWriter } from '../monitor/frame-writer.js';
import { openLogFile } from './log-file-source.js';

/** Nomad reads its sources in pieces of this size, which shows in the offsets of the frames. */
const PIECE_BYTES = 512;

export interface ExportOptions {
  /** Raw bytes instead of frames, and no heartbeats. */
  readonly plain: boolean;
  /** Ends the export early, with everything freed. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Writes a finite (or followed) log: frames of 1024 bytes without an event, the rest at the end or with a tick of 200 ms.
 * A frame reports how many bytes had been read when it was begun, counted in pieces of 512: 512, 1536, 2560 …
 * Resolves at the end of the data or when the signal aborts; rejects with what the source throws.
 */
export async function writeExport(
  source: AsyncIterable<Uint8Array>,
  sink: ByteSink,
  { plain, signal, clock }: ExportOptions,
): Promise<void> {
  let proceed: (() => void) | undefined;
  const onUnblocked = (): void => proceed?.();
  const frames = new FrameWriter({ plain, fileEvent: '', wholeCharacters: false }, { clock, sink, onUnblocked });
  const unblocked = async (): Promise<void> => {
    if (frames.blocked && !signal.aborted) await new Promise<void>((resolve) => (proceed = resolve));
  };
  signal.addEventListener('abort', onUnblocked, { once: true });
  try {
    let read = 0;
    for await (const chunk of source) {
      for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
        const piece = chunk.subarray(start, start + PIECE_BYTES);
        read += piece.length;
        for (let at = 0; at < piece.length && !signal.aborted; ) {
          await unblocked();
          at = frames.add(piece, at, read);
        }
      }
      if (signal.aborted) return;
    }
    await unblocked();
    if (!signal.aborted) frames.flush();
  } finally {
    signal.removeEventListener('abort', onUnblocked);
    frames.close();
  }
}

/**
 * Exports one file from its beginning to its present end.
 * @throws LOG_FILE_UNREADABLE
 */
export async function exportLogFile(path: string, sink: ByteSink, options: ExportOptions): Promise<void> {
  await writeExport(await openLogFile(path, options), sink, options);
}
