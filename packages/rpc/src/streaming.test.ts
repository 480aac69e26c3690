import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SteppeError } from '@steppe/domain';
import type { Http2RpcClient } from './client/rpc-client.js';
import { rpcEndpoint, rpcStreamEndpoint } from './method/rpc-endpoint.js';
import { defineRpcMethod, defineRpcStream } from './method/rpc-method.js';
import { RPC_METRICS } from './metrics.js';
import { STREAM_WINDOW_BYTES } from './session/session-settings.js';
import { addressOf, TestAgents, until } from './testing/test-agents.js';
import { MAX_MESSAGE_BYTES } from './wire/frame.js';

const anyone = { callers: ['server', 'client'] } as const;
const Count = defineRpcStream<{ to: number }, { n: number }>('Test.Count', anyone);
const Follow = defineRpcStream<null, number>('Test.Follow', anyone);
const Bytes = defineRpcStream<{ chunks: number; chunkBytes: number }>('Test.Bytes', { ...anyone, items: 'bytes' });
const Broken = defineRpcStream<null, number>('Test.Broken', anyone);
const Huge = defineRpcStream<null, string>('Test.Huge', anyone);
const Deaf = defineRpcStream<null, number>('Test.Deaf', anyone);
const Messy = defineRpcStream<null, number>('Test.Messy', anyone);
const Ping = defineRpcMethod<null, string>('Test.Ping', anyone);

/** What the producers did. */
let produced = { chunks: 0, cleanedUp: 0, aborted: 0 };
const endpoints = [
  rpcEndpoint(Ping, async () => 'pong'),
  rpcStreamEndpoint(Count, async function* ({ to }) {
    for (let n = 1; n <= to; n += 1) yield { n };
  }),
  rpcStreamEndpoint(Follow, async function* (_, { signal }) {
    signal.addEventListener('abort', () => (produced.aborted += 1));
    try {
      yield 1;
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    } finally {
      produced.cleanedUp += 1;
    }
  }),
  rpcStreamEndpoint(Bytes, async function* ({ chunks, chunkBytes }) {
    for (produced.chunks = 0; produced.chunks < chunks; produced.chunks += 1) {
      yield Buffer.alloc(chunkBytes, produced.chunks % 251);
    }
  }),
  rpcStreamEndpoint(Broken, async function* () {
    yield 1;
    throw new SteppeError({ code: 'LOG_GONE', status: 410 }, 'the log is gone');
  }),
  rpcStreamEndpoint(Huge, async function* () {
    yield 'small';
    yield 'x'.repeat(MAX_MESSAGE_BYTES);
  }),
  rpcStreamEndpoint(Messy, () => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: 1 }),
      return: () => {
        throw new Error('cannot clean up');
      },
    }),
  })),
  // Looks at no signal: only its iterator's `return` ends it.
  rpcStreamEndpoint(Deaf, () => {
    let release: (result: IteratorResult<number>) => void = () => undefined;
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<number>>((resolve) => (release = resolve)),
        return: async () => {
          produced.cleanedUp += 1;
          release({ done: true, value: undefined });
          return { done: true, value: undefined };
        },
      }),
    };
  }),
];

describe('streams', () => {
  let agents: TestAgents;
  let client: Http2RpcClient;
  let address: string;

  beforeEach(async () => {
    produced = { chunks: 0, cleanedUp: 0, aborted: 0 };
    agents = new TestAgents();
    address = addressOf(await agents.server(endpoints));
    client = agents.client();
  });
  afterEach(() => agents.stop());

  async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
    const collected: Item[] = [];
    for await (const item of items) collected.push(item);
    return collected;
  }

  test('every item arrives once, in order, and then the end', async () => {
    const items = await collect(client.stream(address, Count, { to: 2_000 }));
    expect(items).toEqual(Array.from({ length: 2_000 }, (_, i) => ({ n: i + 1 })));
    await expect(collect(client.stream(address, Count, { to: 0 }))).resolves.toEqual([]);
  });

  test('bytes arrive whole, whatever their chunks', async () => {
    const chunks = await collect(client.stream(address, Bytes, { chunks: 7, chunkBytes: 100_003 }));
    const expected = Buffer.concat(Array.from({ length: 7 }, (_, i) => Buffer.alloc(100_003, i)));
    expect(Buffer.concat(chunks).equals(expected)).toBe(true);
    const large = await collect(client.stream(address, Bytes, { chunks: 1, chunkBytes: MAX_MESSAGE_BYTES + 5 }));
    expect(Buffer.concat(large).length).toBe(MAX_MESSAGE_BYTES + 5);
  });

  test('an error in the middle comes after the items before it, with code, status and message', async () => {
    const items = client.stream(address, Broken, null)[Symbol.asyncIterator]();
    await expect(items.next()).resolves.toEqual({ done: false, value: 1 });
    await expect(items.next()).rejects.toMatchObject({
      message: 'the log is gone',
      detail: { code: 'LOG_GONE', status: 410 },
    });
    await expect(items.next()).resolves.toMatchObject({ done: true });
  });

  test('an item above the size limit ends the stream with an error, not the session', async () => {
    await expect(collect(client.stream(address, Huge, null))).rejects.toMatchObject({ code: 'RPC_MESSAGE_TOO_LARGE' });
    await expect(client.call(address, Ping, null)).resolves.toBe('pong');
    expect(agents.count(RPC_METRICS.frameRefused, { reason: 'too-large' })).toBe(1);
    expect(agents.count(RPC_METRICS.accepted)).toBe(1);
  });

  test('a reader that breaks off stops the producer, politely', async () => {
    for await (const item of client.stream(address, Follow, null)) {
      expect(item).toBe(1);
      break;
    }
    await until(() => produced.cleanedUp === 1);
    expect(produced.aborted).toBe(1);
    expect(agents.count(RPC_METRICS.reset)).toBe(0);
    expect(agents.count(RPC_METRICS.failed)).toBe(0);
  });

  test('an aborted stream throws the reason of the abort to its reader and stops the producer', async () => {
    const abort = new AbortController();
    const items = client.stream(address, Follow, null, { signal: abort.signal })[Symbol.asyncIterator]();
    await items.next();
    abort.abort(new Error('enough'));
    await expect(items.next()).rejects.toThrow('enough');
    await until(() => produced.cleanedUp === 1);
  });

  test('a producer that looks at no signal is ended through its iterator', async () => {
    const abort = new AbortController();
    const items = client.stream(address, Deaf, null, { signal: abort.signal })[Symbol.asyncIterator]();
    const next = items.next();
    await until(() => agents.gauge(RPC_METRICS.serving, { side: 'listener' }) === 1);
    abort.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    await until(() => produced.cleanedUp === 1);
  });

  test('a producer whose clean-up fails harms nobody', async () => {
    for await (const item of client.stream(address, Messy, null)) {
      expect(item).toBe(1);
      break;
    }
    await until(() => agents.logger.messages('debug').includes('rpc failed'));
    await expect(client.call(address, Ping, null)).resolves.toBe('pong');
  });

  test('a stream with a deadline ends at it, on both sides', async () => {
    await expect(collect(client.stream(address, Follow, null, { timeoutMs: 50 }))).rejects.toMatchObject({
      code: 'RPC_DEADLINE_EXCEEDED',
    });
    await until(() => produced.cleanedUp === 1);
  });

  test('5,000 streams broken off on one session reset nothing, and the session lives', async () => {
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          for await (const item of client.stream(address, Follow, null)) if (item === 1) break;
        }),
      );
    }
    await until(() => produced.cleanedUp === 5_000);
    await expect(client.call(address, Ping, null)).resolves.toBe('pong');
    expect(agents.count(RPC_METRICS.accepted)).toBe(1);
    expect(agents.count(RPC_METRICS.reset)).toBe(0);
  }, 30_000);

  test('a reader that stalls holds the producer within the window, and other calls on the session go on', async () => {
    const chunkBytes = 64 * 1024;
    const items = client.stream(address, Bytes, { chunks: 1_000, chunkBytes })[Symbol.asyncIterator]();
    const first = await items.next();
    let received = first.done === true ? 0 : first.value.length;
    // Until the producer has stopped: a hundred calls over the same session in which it made nothing.
    for (let still = 0, last = 0; still < 100; still = produced.chunks === last ? still + 1 : 0) {
      last = produced.chunks;
      await client.call(address, Ping, null);
    }
    // The window, and what either end keeps beside it.
    expect(produced.chunks * chunkBytes).toBeLessThan(STREAM_WINDOW_BYTES + 512 * 1024);
    for (let next = await items.next(); next.done !== true; next = await items.next()) received += next.value.length;
    expect(received).toBe(1_000 * chunkBytes);
  });

  test('a lost connection is an error to the reader, not an end', async () => {
    const server = await agents.server(endpoints);
    const items = client.stream(addressOf(server), Follow, null)[Symbol.asyncIterator]();
    await items.next();
    await server.stop();
    await expect(items.next()).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
    expect(produced.aborted).toBe(1);
  });
});
