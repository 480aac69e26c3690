import { encodeJson, errorMessage, isSteppeError } from '@steppe/domain';
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { ContentEncoding } from './content-encoding.js';
import { compress, createStreamCompressor } from './content-encoding.js';
import type { ByteSink, ChunkedReply, Reply, ReplyHeaders } from './reply.js';
import { JSON_HEADERS } from './reply.js';

export interface WriteOptions {
  readonly pretty: boolean;
  readonly encoding: ContentEncoding | undefined;
  /** Aborts when the caller is gone or the agent stops. */
  readonly signal: () => AbortSignal;
}

/** Sends a reply; resolves (or returns) when the last byte is handed over. Never rejects. */
export function writeReply(res: ServerResponse, reply: Reply, options: WriteOptions): void | Promise<void> {
  switch (reply.kind) {
    case 'json':
      return writeBody(
        res,
        200,
        encodeJson(reply.value, { pretty: options.pretty }),
        options,
        JSON_HEADERS,
        reply.headers,
      );
    case 'empty':
      return writeBody(res, reply.status, '', options, reply.headers);
    case 'bytes':
      return writeBody(res, reply.status, reply.body, options, reply.headers);
    case 'stream':
      return writeStream(res, reply, options);
    case 'chunks':
      return writeChunks(res, reply, options);
  }
}

function writeBody(
  res: ServerResponse,
  status: number,
  body: Uint8Array | string,
  { encoding }: WriteOptions,
  ...headers: readonly (ReplyHeaders | undefined)[]
): void | Promise<void> {
  for (const group of headers) setHeaders(res, group);
  res.statusCode = status;
  // The reference encodes nothing, too: its own clients take that for a body, and fail where they look for one.
  if (encoding === undefined || body.length === 0 || status === 204 || status === 304) return end(res, body);
  res.setHeader('Content-Encoding', encoding);
  const compressed = compress(encoding, typeof body === 'string' ? Buffer.from(body) : body);
  if (compressed instanceof Uint8Array) return end(res, compressed);
  return compressed.then((bytes) => end(res, bytes));
}

/** Up to this many characters a text sent as a text, which goes out in one piece with the headers, is faster. */
const SHORT_TEXT = 2_048;

function end(res: ServerResponse, body: Uint8Array | string): void {
  const chunk = typeof body === 'string' && body.length > SHORT_TEXT ? Buffer.from(body) : body;
  if (res.statusCode !== 204 && res.statusCode !== 304) {
    res.setHeader('Content-Length', typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length);
  }
  res.end(chunk);
}

async function writeStream(
  res: ServerResponse,
  { headers, run }: Extract<Reply, { kind: 'stream' }>,
  { encoding, signal }: WriteOptions,
): Promise<void> {
  const out = openBody(res, 200, headers, encoding);
  try {
    await run(sinkOf(out), { signal: signal() });
  } catch (error) {
    // Nobody takes what is on its way, or its end.
    if (isSteppeError(error, 'READER_STALLED')) res.destroy();
    // The status is long gone: as the reference does, the text follows the last frame.
    else if (!res.destroyed) out.write(errorMessage(error));
  }
  // Who has hung up takes no more: what waits for it is freed now.
  if (res.socket?.readableEnded === true) res.destroy();
  else if (!res.destroyed) out.end();
}

/** The body as it comes; the caller's pace is the other agent's. */
async function writeChunks(
  res: ServerResponse,
  { status, headers, body }: ChunkedReply,
  { encoding }: WriteOptions,
): Promise<void> {
  const out = openBody(res, status, headers, encoding);
  try {
    for await (const chunk of body) {
      if (res.destroyed) return;
      if (!out.write(chunk)) await drained(out, res);
    }
    if (!res.destroyed) out.end();
  } catch {
    // The source broke off: an end would look like the whole answer.
    res.destroy();
  }
}

function drained(out: Writable, res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      out.off('drain', done);
      res.off('close', done);
      resolve();
    };
    out.once('drain', done);
    res.once('close', done);
  });
}

/** Headers sent, and a place for the body: the response, or a compressor in front of it. */
function openBody(
  res: ServerResponse,
  status: number,
  headers: ReplyHeaders,
  encoding: ContentEncoding | undefined,
): Writable {
  setHeaders(res, headers);
  res.statusCode = status;
  if (encoding === undefined) {
    res.flushHeaders();
    return res;
  }
  res.setHeader('Content-Encoding', encoding);
  res.flushHeaders();
  const out = createStreamCompressor(encoding);
  out.pipe(res);
  // Writing after the caller left is not an error worth more than stopping, which the signal does.
  out.on('error', () => res.destroy());
  // Nomad's clients begin once the compressor's own header is there, which would come with the first piece of the body.
  out.flush();
  return out;
}

const sinkOf = (out: Writable): ByteSink => ({
  write: (chunk) => out.destroyed || out.write(chunk),
  onDrain: (callback) => void out.once('drain', callback),
});

/** In place of those of the same names. */
export function setHeaders(res: ServerResponse, headers: ReplyHeaders = {}): void {
  for (const name in headers) res.setHeader(name, headers[name] as string);
}
