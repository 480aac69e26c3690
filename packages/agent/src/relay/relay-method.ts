import { defineRpcStream } from '@steppe/rpc';

/** A request of the API that one agent passes on to another; its body follows. */
export interface RelayRequest {
  /** See `ApiCall.id`. */
  readonly id: string;
  readonly method: string;
  /** Path and query, as the first agent was asked. */
  readonly url: string;
  /** `null` for an anonymous caller. The agent that answers checks it again. */
  readonly authToken: string | null;
  /** See `CarriedHeader`; absent when there is none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How many agents have passed it on, the sender included. */
  readonly hops: number;
}

/** What stands in front of the body of a relayed reply: 4 bytes of length, big-endian, and that many bytes of this as JSON. */
export interface RelayHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether no body follows, which clients are told in front of it. Absent: one may. */
  readonly isEmpty?: boolean;
}

/** Answers a request of the API at another agent: head and body, as bytes. Servers call it on clients, too. */
export const AgentApi = defineRpcStream<RelayRequest>('Agent.Api', {
  callers: ['server', 'client'],
  items: 'bytes',
  takesBody: true,
});

const LENGTH_BYTES = 4;
/** Far above any head of ours. */
const MAX_HEAD_BYTES = 64 * 1024;

export function encodeRelayHead(head: RelayHead): Uint8Array {
  const json = Buffer.from(JSON.stringify(head));
  const bytes = Buffer.alloc(LENGTH_BYTES + json.length);
  bytes.writeUInt32BE(json.length);
  json.copy(bytes, LENGTH_BYTES);
  return bytes;
}

/**
 * Takes head and body apart. Resolves when the head is there.
 * @throws an `Error` when what arrives is no reply
 */
export async function readRelayReply(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: RelayHead; readonly body: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let bytes = Buffer.alloc(0);
  const wanted = (): number => {
    if (bytes.length < LENGTH_BYTES) return LENGTH_BYTES;
    const length = bytes.readUInt32BE();
    if (length > MAX_HEAD_BYTES) throw new Error(`the head of a relayed reply is ${length} bytes long`);
    return LENGTH_BYTES + length;
  };
  while (bytes.length < LENGTH_BYTES || bytes.length < wanted()) {
    const { done, value } = await iterator.next();
    if (done === true) throw new Error('a relayed reply ended before its head');
    bytes = Buffer.concat([bytes, value]);
  }
  const end = wanted();
  const head = JSON.parse(bytes.subarray(LENGTH_BYTES, end).toString('utf8')) as RelayHead;
  const rest = bytes.subarray(end);
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      if (rest.length > 0) yield rest;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      // Whoever stops reading stops the sender.
      await iterator.return?.();
    }
  }
  return { head, body: body() };
}
