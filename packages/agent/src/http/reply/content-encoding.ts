import type { IncomingHttpHeaders } from 'node:http';
import { createDeflateRaw, createGzip, constants, deflateRaw, deflateRawSync, gzip, gzipSync } from 'node:zlib';
import type { DeflateRaw, Gzip } from 'node:zlib';
import { promisify } from 'node:util';

export type ContentEncoding = 'gzip' | 'deflate';

/**
 * The encoding of a reply: the first element of `Accept-Encoding` that is exactly `gzip` or `deflate` (raw deflate).
 * Nomad: quality values are not understood, so `gzip;q=1` does not match. Requests to upgrade are never compressed.
 */
export function chooseEncoding(headers: IncomingHttpHeaders): ContentEncoding | undefined {
  const accepted = headers['accept-encoding'];
  if (accepted === undefined || headers.upgrade !== undefined) return undefined;
  for (const element of accepted.split(',')) {
    const name = element.trim();
    if (name === 'gzip' || name === 'deflate') return name;
  }
  return undefined;
}

/** Below this many bytes compressing on the spot is cheaper than a round trip through the thread pool. */
const INLINE_BYTES = 16 * 1024;
const gzipAsync = promisify(gzip);
const deflateRawAsync = promisify(deflateRaw);

/** Compresses a whole body. */
export function compress(encoding: ContentEncoding, body: Uint8Array): Uint8Array | Promise<Uint8Array> {
  // Level 1: the replies are small and mostly read once, on a fast network.
  const options = { level: 1 };
  if (body.length <= INLINE_BYTES) return encoding === 'gzip' ? gzipSync(body, options) : deflateRawSync(body, options);
  return encoding === 'gzip' ? gzipAsync(body, options) : deflateRawAsync(body, options);
}

/** A compressor that lets every write through at once, for live streams. */
export function createStreamCompressor(encoding: ContentEncoding): Gzip | DeflateRaw {
  const options = { flush: constants.Z_SYNC_FLUSH };
  return encoding === 'gzip' ? createGzip(options) : createDeflateRaw(options);
}
