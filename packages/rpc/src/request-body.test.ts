import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { noMetrics, SystemClock } from '@steppe/runtime';
import type { ClientHttp2Session } from 'node:http2';
import { Dialler } from './client/dialler.js';
import type { Http2RpcClient } from './client/rpc-client.js';
import { rpcEndpoint, rpcStreamEndpoint } from './method/rpc-endpoint.js';
import { defineRpcMethod, defineRpcStream } from './method/rpc-method.js';
import { RPC_METRICS } from './metrics.js';
import type { ReverseSession } from './server/reverse-sessions.js';
import type { RpcServer } from './server/rpc-server.js';
import { CallMeter } from './session/call-meter.js';
import { openCallingSession, STREAM_WINDOW_BYTES } from './session/session-settings.js';
import { addressOf, CLIENT, TestAgents, until } from './testing/test-agents.js';
import { MAX_MESSAGE_BYTES } from './wire/frame.js';

const anyone = { callers: ['server', 'client'] } as const;
const Count = defineRpcStream<{ from: string }, string | number>('Test.Count', { ...anyone, takesBody: true });
const Refuse = defineRpcStream<null, never>('Test.Refuse', { ...anyone, takesBody: true });
const Ignore = defineRpcStream<null, string>('Test.Ignore', { ...anyone, takesBody: true });
const Stall = defineRpcStream<null, number>('Test.Stall', { ...anyone, takesBody: true });
const Bare = defineRpcStream<null, number>('Test.Bare', anyone);
const Ping = defineRpcMethod<null, string>('Test.Ping', anyone);

/** How reading the bodies ended. */
let endings: unknown[] = [];
let letRead: () => void = () => undefined;
const sizeOf = async (body: AsyncIterable<Uint8Array>): Promise<number> => {
  let size = 0;
  try {
    for await (const chunk of body) size += chunk.length;
    endings.push('end');
  } catch (error) {
    endings.push(error);
    throw error;
  }
  return size;
};
const endpoints = [
  rpcEndpoint(Ping, async () => 'pong'),
  rpcStreamEndpoint(Count, async function* ({ from }, { body }) {
    yield from;
    yield await sizeOf(body);
  }),
  rpcStreamEndpoint(Refuse, async function* (_, { body }) {
    for await (const chunk of body) throw new Error(`not wanted: ${chunk.length > 0}`);
  }),
  rpcStreamEndpoint(Ignore, async function* () {
    yield 'done';
  }),
  rpcStreamEndpoint(Stall, async function* (_, { body }) {
    await new Promise<void>((resolve) => (letRead = resolve));
    yield await sizeOf(body);
  }),
  rpcStreamEndpoint(Bare, async function* (_, { body }) {
    yield await sizeOf(body);
  }),
];

/** Bytes, and what became of them. */
class Source implements AsyncIterable<Uint8Array> {
  made = 0;
  isReturned = false;
  readonly #chunks: number;
  readonly #chunkBytes: number;

  constructor(chunks: number, chunkBytes = 64 * 1024) {
    this.#chunks = chunks;
    this.#chunkBytes = chunkBytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (; this.made < this.#chunks; this.made += 1) yield Buffer.alloc(this.#chunkBytes, this.made % 251);
    } finally {
      this.isReturned = true;
    }
  }
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe('a body that follows a request', () => {
  let agents: TestAgents;
  let server: RpcServer;
  let client: Http2RpcClient;
  let address: string;

  beforeEach(async () => {
    endings = [];
    agents = new TestAgents();
    server = await agents.server(endpoints);
    address = addressOf(server);
    client = agents.client();
  });
  afterEach(() => agents.stop());

  /** Nothing was reset, and the session goes on. */
  async function expectPeace(): Promise<void> {
    await expect(client.call(address, Ping, null)).resolves.toBe('pong');
    await until(() => agents.gauge(RPC_METRICS.serving, { side: 'listener' }) === 0);
    expect(agents.count(RPC_METRICS.accepted)).toBe(1);
    expect(agents.count(RPC_METRICS.reset)).toBe(0);
  }

  test.each([
    ['empty', new Source(0), 0],
    ['of small pieces', new Source(1_000, 7), 7_000],
    ['much larger than a message', new Source(300), 300 * 64 * 1024],
    ['with a piece larger than a message', new Source(2, MAX_MESSAGE_BYTES + 5), 2 * (MAX_MESSAGE_BYTES + 5)],
  ])('arrives whole: %s', async (_, body, size) => {
    expect(await collect(client.stream(address, Count, { from: 'a' }, { body }))).toEqual(['a', size]);
    expect(endings).toEqual(['end']);
    await expectPeace();
  });

  test('is empty when none is given, and for methods that take none', async () => {
    expect(await collect(client.stream(address, Count, { from: 'a' }))).toEqual(['a', 0]);
    const ignored = new Source(5);
    expect(await collect(client.stream(address, Bare, null, { body: ignored }))).toEqual([0]);
    expect(ignored.made).toBe(0);
  });

  test('goes to a client agent, too', async () => {
    await agents.link(() => [address], endpoints);
    await until(() => server.reverseSessions.get('node-1') !== undefined);
    const body = new Source(50);
    const session = server.reverseSessions.get('node-1');
    expect(await collect((session as ReverseSession).stream(Count, { from: 'b' }, { body }))).toEqual([
      'b',
      50 * 64 * 1024,
    ]);
  });

  test('is held back by a handler that does not read, while other calls go on', async () => {
    const body = new Source(400);
    const answer = collect(client.stream(address, Stall, null, { body }));
    for (let still = 0, last = -1; still < 100; still = body.made === last ? still + 1 : 0) {
      last = body.made;
      await client.call(address, Ping, null);
    }
    // The window, and what either end keeps beside it.
    expect(body.made * 64 * 1024).toBeLessThan(STREAM_WINDOW_BYTES + 512 * 1024);
    letRead();
    expect(await answer).toEqual([400 * 64 * 1024]);
    await expectPeace();
  });

  test('is no longer taken from its source once the answer is there', async () => {
    const body = new Source(100_000);
    expect(await collect(client.stream(address, Ignore, null, { body }))).toEqual(['done']);
    await until(() => body.isReturned);
    expect(body.made).toBeLessThan(1_000);
    const refused = new Source(100_000);
    await expect(collect(client.stream(address, Refuse, null, { body: refused }))).rejects.toThrow('not wanted: true');
    await until(() => refused.isReturned);
    await expectPeace();
  });

  test('whose source fails ends the call with that, and the handler does not take it for the end', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      throw new Error('the source is gone');
    }
    await expect(collect(client.stream(address, Count, { from: 'a' }, { body: broken() }))).rejects.toThrow(
      'the source is gone',
    );
    await until(() => endings.length === 1);
    expect(endings[0]).toMatchObject({ message: 'the caller stopped' });
    await expectPeace();
  });

  test('that is broken off by its caller is no end to the handler, and its source is returned', async () => {
    const abort = new AbortController();
    const body = new Source(1_000_000);
    const items = client.stream(address, Count, { from: 'a' }, { body, signal: abort.signal })[Symbol.asyncIterator]();
    await items.next();
    abort.abort(new Error('enough'));
    await expect(items.next()).rejects.toThrow('enough');
    await until(() => body.isReturned && endings.length === 1);
    expect(endings[0]).toMatchObject({ message: 'the caller stopped' });
    await expectPeace();
  });

  test('of a caller that is gone is no end either', async () => {
    const body = new Source(1_000_000);
    const items = client.stream(address, Count, { from: 'a' }, { body })[Symbol.asyncIterator]();
    await items.next();
    const lost = expect(items.next()).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
    await client.stop();
    await lost;
    await until(() => endings.length === 1);
    expect(endings[0]).toMatchObject({ message: 'the caller stopped' });
  });

  const frame = (kind: number, payload: string): Buffer => {
    const header = Buffer.alloc(5);
    header[0] = kind;
    header.writeUInt32BE(Buffer.byteLength(payload), 1);
    return Buffer.concat([header, Buffer.from(payload)]);
  };
  const request = frame(0, '{"from":"a"}');

  test.each([
    ['bytes in front of the request', 'Count', [frame(1, 'x'), request]],
    ['an end in front of the request', 'Count', [frame(3, ''), request]],
    ['two requests', 'Stall', [request, request]],
    ['bytes after the end', 'Stall', [request, frame(3, ''), frame(1, 'x')]],
    ['a failure', 'Stall', [request, frame(2, '{}')]],
    ['bytes for a method that takes none', 'Bare', [frame(1, 'x')]],
  ])('with %s is refused, counted and logged', async (_, method, frames) => {
    const session = await rawSession();
    const stream = session.request({ ':method': 'POST', ':path': `/Test.${method}` });
    stream.on('error', () => undefined);
    let answer = '';
    stream.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    stream.write(Buffer.concat(frames));
    await new Promise((resolve) => stream.once('end', resolve));
    stream.end();
    expect(answer).toContain('RPC_MESSAGE_INVALID');
    expect(agents.count(RPC_METRICS.frameRefused, { reason: 'malformed' })).toBe(1);
    expect(agents.logger.messages('warn')).toEqual(['rpc refused']);
    letRead();
    session.destroy();
  });

  /** An authenticated session over which a test says what it likes. */
  async function rawSession(): Promise<ClientHttp2Session> {
    const clock = new SystemClock();
    const meter = new CallMeter('dialler', { metrics: noMetrics, clock });
    const { logger } = agents;
    const dialler = new Dialler({ dialTimeoutMs: 5_000 }, { self: () => CLIENT, security: {}, clock, logger, meter });
    const { socket } = await dialler.dial({ address, direction: 'forward' });
    return openCallingSession(socket).on('error', () => undefined);
  }
});
