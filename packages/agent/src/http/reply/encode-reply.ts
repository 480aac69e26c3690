import { encodeJson } from '@steppe/domain';
import type { Reply, ReplyHeaders } from './reply.js';
import { JSON_HEADERS } from './reply.js';
import { SinkQueue } from './sink-queue.js';

/** A reply as status, headers and bytes, for ways other than an HTTP response of ours. */
export interface EncodedReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

export function encodeReply(
  reply: Reply,
  { pretty, signal }: { readonly pretty: boolean; readonly signal: AbortSignal },
): EncodedReply {
  switch (reply.kind) {
    case 'json': {
      const headers = { ...JSON_HEADERS, ...reply.headers };
      return { status: 200, headers, body: whole(encodeJson(reply.value, { pretty })) };
    }
    case 'empty':
      return { status: reply.status, headers: reply.headers ?? {}, body: whole('') };
    case 'bytes':
      return { status: reply.status, headers: reply.headers, body: whole(reply.body) };
    case 'stream':
      return { status: 200, headers: reply.headers, body: new SinkQueue().read(reply.run, signal) };
    case 'chunks':
      return reply;
  }
}

async function* whole(body: Uint8Array | string): AsyncGenerator<Uint8Array> {
  if (body.length > 0) yield typeof body === 'string' ? Buffer.from(body) : body;
}
