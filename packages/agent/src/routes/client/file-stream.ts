import { encodeJson } from '@steppe/domain';
import type { FileFrame } from '@steppe/client';
import type { Clock } from '@steppe/runtime';
import type { ByteSink, Reply } from '../../http/reply/reply.js';
import { stream } from '../../http/reply/reply.js';

/** How often somebody who waits for more is told that there is still somebody here, milliseconds. */
const HEARTBEAT_MS = 10_000;
const HEARTBEAT = Buffer.from('{}\n');

export interface FileStreamOptions {
  /** The bytes alone, instead of frames. */
  readonly plain: boolean;
  readonly clock: Clock;
}

/** Pieces of a file as a live stream, at the reader's pace: frames with a beat now and then, or the bytes alone. */
export function fileStream(
  open: (signal: AbortSignal) => AsyncIterable<FileFrame>,
  { plain, clock }: FileStreamOptions,
): Reply {
  return stream(plain ? 'text/plain' : 'application/json', async (sink, { signal }) => {
    const beat = plain ? undefined : clock.setTicker(HEARTBEAT_MS, () => void sink.write(HEARTBEAT));
    try {
      for await (const frame of open(signal)) {
        if (signal.aborted) return;
        const isRoom = sink.write(plain ? frame.data : encodeFrame(frame));
        if (!isRoom) await drained(sink, signal);
      }
    } finally {
      beat?.cancel();
    }
  });
}

const encodeFrame = ({ file, offset, data }: FileFrame): Buffer =>
  Buffer.from(`${encodeJson({ Data: data, File: file, Offset: offset })}\n`);

function drained(sink: ByteSink, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    sink.onDrain(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
