/** A place for bytes that may say "enough": what a live stream writes into. */
export interface ByteSink {
  /** @returns false when the reader is behind: write no more until `onDrain` calls back */
  write(bytes: Uint8Array): boolean;
  /** Calls back once, when writing may go on. */
  onDrain(callback: () => void): void;
}

/** What a handler answers. Build one with the functions below. */
export type Reply =
  | { readonly kind: 'json'; readonly value: unknown; readonly headers?: ReplyHeaders }
  | { readonly kind: 'empty'; readonly status: number; readonly headers?: ReplyHeaders }
  | {
      readonly kind: 'bytes';
      readonly status: number;
      readonly body: Uint8Array | string;
      readonly headers: ReplyHeaders;
    }
  | { readonly kind: 'stream'; readonly headers: ReplyHeaders; readonly run: StreamWriter }
  | ChunkedReply;

/**
 * A body that is there, or comes from another agent, piece by piece, taken at the caller's pace. Whoever stops reading ends it;
 * when it breaks off, so does the connection.
 */
export interface ChunkedReply {
  readonly kind: 'chunks';
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

export type ReplyHeaders = Readonly<Record<string, string>>;

/**
 * Writes a live stream until it resolves or the caller is gone. The status line and headers are sent before it runs. Ends by
 * READER_STALLED where the reader is not worth waiting for: the connection is broken then.
 */
export type StreamWriter = (sink: ByteSink, options: { readonly signal: AbortSignal }) => Promise<void>;

export const JSON_HEADERS: ReplyHeaders = { 'Content-Type': 'application/json' };

/** 200 with a JSON body. */
export function json(value: unknown, headers?: ReplyHeaders): Reply {
  return headers === undefined ? { kind: 'json', value } : { kind: 'json', value, headers };
}

/** A status without a body and without a content type. */
export function empty(status = 200, headers?: ReplyHeaders): Reply {
  return headers === undefined ? { kind: 'empty', status } : { kind: 'empty', status, headers };
}

export function bytes(body: Uint8Array | string, headers: ReplyHeaders, status = 200): Reply {
  return { kind: 'bytes', status, body, headers };
}

/** Plain text as every error has it. */
export function plainText(status: number, text: string): Reply {
  return { kind: 'bytes', status, body: text, headers: { 'Content-Type': 'text/plain; charset=utf-8' } };
}

export function stream(contentType: string, run: StreamWriter): Reply {
  return { kind: 'stream', headers: { 'Content-Type': contentType }, run };
}

export function chunks(body: AsyncIterable<Uint8Array>, headers: ReplyHeaders, status = 200): Reply {
  return { kind: 'chunks', status, headers, body };
}
