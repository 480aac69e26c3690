import type { FileFrame } from '@steppe/client';
import { encodeJson } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { ByteSink, Reply } from '../../http/reply/reply.js';
import { stream } from '../../http/reply/reply.js';

/** How often somebody who waits for more is told that there is still somebody here, milliseconds. */
const HEARTBEAT_MS = 10_000;
const HEARTBEAT = Buffer.from('{}\n');

/** Bytes as they come, at the reader's pace. */
export function byteStream(open: (signal: AbortSignal) => AsyncIterable<Uint8Array>): Reply {
  return stream('text/plain', (sink, { signal }) => pump(open(signal), sink, signal));
}

/** Pieces of files: as frames with a beat now and then, or what they carry alone. */
export function followed(
  open: (signal: AbortSignal) => AsyncIterable<FileFrame>,
  { plain, clock }: { readonly plain: boolean; readonly clock: Clock },
): Reply {
  return plain ? byteStream((signal) => dataOf(open(signal))) : frameStream(open, clock);
}

function frameStream(open: (signal: AbortSignal) => AsyncIterable<FileFrame>, clock: Clock): Reply {
  return stream('application/json', async (sink, { signal }) => {
    const beat = clock.setTicker(HEARTBEAT_MS, () => void sink.write(HEARTBEAT));
    try {
      await pump(encoded(open(signal)), sink, signal);
    } finally {
      beat.cancel();
    }
  });
}

async function* dataOf(frames: AsyncIterable<FileFrame>): AsyncGenerator<Uint8Array> {
  for await (const { data } of frames) if (data.length > 0) yield data;
}

async function* encoded(frames: AsyncIterable<FileFrame>): AsyncGenerator<Uint8Array> {
  for await (const { file, offset, data, fileEvent } of frames) {
    const event = fileEvent === '' ? {} : { FileEvent: fileEvent };
    yield Buffer.from(`${encodeJson({ Data: data, File: file, ...event, Offset: offset })}\n`);
  }
}

async function pump(pieces: AsyncIterable<Uint8Array>, sink: ByteSink, signal: AbortSignal): Promise<void> {
  for await (const piece of pieces) {
    if (signal.aborted) return;
    if (!sink.write(piece)) await drained(sink, signal);
  }
}

function drained(sink: ByteSink, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      signal.removeEventListener('abort', go);
      resolve();
    };
    sink.onDrain(go);
    signal.addEventListener('abort', go, { once: true });
  });
}
