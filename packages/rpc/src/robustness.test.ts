import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { noMetrics, SystemClock } from '@steppe/runtime';
import { RecordingLogger, SimClock } from '@steppe/testing';
import type { ClientHttp2Session, ServerHttp2Stream } from 'node:http2';
import { Dialler } from './client/dialler.js';
import { greetDialler } from './handshake/listener-handshake.js';
import { securityNow } from './handshake/security.js';
import { rpcEndpoint } from './method/rpc-endpoint.js';
import { defineRpcMethod } from './method/rpc-method.js';
import { RPC_METRICS } from './metrics.js';
import { CallMeter } from './session/call-meter.js';
import { openCallingSession, openServingSession } from './session/session-settings.js';
import { addressOf, CLIENT, SERVER, TestAgents, until } from './testing/test-agents.js';
import { MAX_MESSAGE_BYTES } from './wire/frame.js';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';

const anyone = { callers: ['server', 'client'] } as const;
const Ping = defineRpcMethod<null, string>('Test.Ping', anyone);
const Hang = defineRpcMethod<null, null>('Test.Hang', anyone);
const Forever = defineRpcMethod<null, null>('Test.Forever', anyone);

let hanging: AbortSignal[] = [];
const endpoints = [
  rpcEndpoint(Ping, async () => 'pong'),
  rpcEndpoint(Hang, (_, { signal }) => {
    hanging.push(signal);
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }),
  // Does not listen to its signal.
  rpcEndpoint(Forever, () => new Promise(() => undefined)),
];

describe('what peers may do wrong', () => {
  let agents: TestAgents;
  /** Sessions and servers of the tests' own. */
  let ends: (() => void)[];

  beforeEach(() => {
    hanging = [];
    ends = [];
    agents = new TestAgents();
  });
  afterEach(async () => {
    for (const end of ends) end();
    await agents.stop();
  });

  /** An authenticated session over which a test says what it likes. */
  async function rawSession(port: number): Promise<ClientHttp2Session> {
    const clock = new SystemClock();
    const dialler = new Dialler(
      { dialTimeoutMs: 5_000 },
      {
        self: () => CLIENT,
        security: {},
        clock,
        logger: new RecordingLogger(),
        meter: new CallMeter('dialler', { metrics: noMetrics, clock }),
      },
    );
    const { socket } = await dialler.dial({ address: addressOf({ port }), direction: 'forward' });
    const session = openCallingSession(socket);
    session.on('error', () => undefined);
    ends.push(() => session.destroy());
    return session;
  }

  /** Opens a stream, sends `body`, and returns all that comes back. */
  async function send(
    session: ClientHttp2Session,
    path: string,
    body: Buffer,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
    const answer: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => answer.push(chunk));
    stream.write(body);
    await new Promise((resolve) => stream.once('end', resolve).once('close', resolve));
    stream.end();
    return Buffer.concat(answer).subarray(5).toString();
  }

  const frame = (kind: number, payload: string): Buffer => {
    const header = Buffer.alloc(5);
    header[0] = kind;
    header.writeUInt32BE(Buffer.byteLength(payload), 1);
    return Buffer.concat([header, Buffer.from(payload)]);
  };
  const announced = (length: number): Buffer => {
    const header = Buffer.alloc(5);
    header.writeUInt32BE(length, 1);
    return header;
  };

  test.each([
    ['a kind of frame that no request has', frame(3, ''), 'malformed'],
    ['a kind of frame that there is not', frame(77, 'null'), 'malformed'],
    ['a request that is no JSON', frame(0, '{"half":'), 'malformed'],
    ['a request that announces four gigabytes', announced(0xffff_ffff), 'too-large'],
    ['a request one byte too large', announced(MAX_MESSAGE_BYTES + 1), 'too-large'],
  ])('%s is refused, counted, and does no harm to the session', async (_, body, reason) => {
    const server = await agents.server(endpoints);
    const session = await rawSession(server.port);
    const code = reason === 'malformed' ? 'RPC_MESSAGE_INVALID' : 'RPC_MESSAGE_TOO_LARGE';
    expect(await send(session, '/Test.Ping', body)).toContain(code);
    expect(agents.count(RPC_METRICS.frameRefused, { reason })).toBe(1);
    expect(agents.logger.messages('warn')).toEqual(['rpc refused']);
    expect(await send(session, '/Test.Ping', frame(0, 'null'))).toBe('"pong"');
  });

  test('more than one request on a stream is refused and the handler is told', async () => {
    const server = await agents.server(endpoints);
    const session = await rawSession(server.port);
    expect(await send(session, '/Test.Hang', Buffer.concat([frame(0, 'null'), frame(0, 'null')]))).toContain(
      'RPC_MESSAGE_INVALID',
    );
    expect(hanging[0]?.aborted).toBe(true);
  });

  test.each(['soon', '-1', '1.5', '9'.repeat(16)])('a deadline of "%s" is refused', async (value) => {
    const server = await agents.server(endpoints);
    const session = await rawSession(server.port);
    const answer = await send(session, '/Test.Ping', frame(0, 'null'), { 'steppe-timeout-ms': value });
    expect(answer).toContain('RPC_MESSAGE_INVALID');
  });

  test('a name without end is repeated nowhere in full', async () => {
    const server = await agents.server(endpoints);
    const session = await rawSession(server.port);
    const answer = await send(session, `/${'x'.repeat(2_000)}`, frame(0, 'null'));
    expect(answer).toContain('RPC_METHOD_UNKNOWN');
    expect(answer.length).toBeLessThan(300);
    expect(JSON.stringify(agents.logger.lines)).not.toContain('x'.repeat(200));
  });

  test('bytes that are no HTTP/2 end the session, at the latest with the next ping, and only that', async () => {
    const clock = new SimClock();
    const server = await agents.server(endpoints, { clock });
    const other = agents.client();
    await other.call(addressOf(server), Ping, null);
    const relay = await agents.relay(server.port);
    const client = agents.client();
    await client.call(addressOf(relay), Ping, null);
    relay.rewrite = (chunk) => Buffer.alloc(chunk.length, 0xee);
    await expect(client.call(addressOf(relay), Ping, null)).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
    await clock.advance(30_000);
    await expect(other.call(addressOf(server), Ping, null)).resolves.toBe('pong');
    await clock.advance(10_000);
    await until(() => agents.gauge(RPC_METRICS.sessions, { side: 'listener', direction: 'forward' }) === 1);
    await expect(other.call(addressOf(server), Ping, null)).resolves.toBe('pong');
  });

  test('handlers that outlive their stopped callers count against the limit of the session', async () => {
    const server = await agents.server(endpoints, { maxConcurrentCalls: 3 });
    const client = agents.client();
    const abort = new AbortController();
    const calls = [1, 2, 3].map(() => client.call(addressOf(server), Forever, null, { signal: abort.signal }));
    await until(() => agents.gauge(RPC_METRICS.serving, { side: 'listener' }) === 3);
    abort.abort(new Error('enough'));
    await Promise.allSettled(calls);
    await expect(client.call(addressOf(server), Ping, null)).rejects.toMatchObject({ code: 'RPC_TOO_MANY_CALLS' });
    expect(agents.count(RPC_METRICS.frameRefused, { reason: 'too-many' })).toBe(1);
  });

  test('a caller that leaves its stream open after the answer is reset after the grace', async () => {
    const clock = new SimClock();
    const server = await agents.server(endpoints, { clock, stopGraceMs: 1_000 });
    const session = await rawSession(server.port);
    const stream = session.request({ ':method': 'POST', ':path': '/Test.Ping' });
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.on('error', () => undefined).resume();
    stream.write(frame(0, 'null'));
    await new Promise((resolve) => stream.once('end', resolve));
    await clock.advance(2_000);
    await closed;
    expect(agents.count(RPC_METRICS.reset)).toBe(1);
  });

  describe('a listener that is not ours', () => {
    /** Greets as an agent does; what it answers to calls is up to the test. */
    async function rogue(answer: (stream: ServerHttp2Stream) => void): Promise<string> {
      const listener: Server = createServer((socket) => {
        socket.on('error', () => undefined);
        void serve(socket, answer);
      });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      ends.push(() => void listener.close());
      return addressOf(listener.address() as AddressInfo);
    }

    async function serve(socket: Socket, answer: (stream: ServerHttp2Stream) => void): Promise<void> {
      await greetDialler(socket, { self: SERVER, security: securityNow({}) });
      const session = openServingSession(socket, 10);
      ends.push(() => session.destroy());
      session.on('error', () => undefined);
      session.on('stream', (stream) => {
        stream.on('error', () => undefined).resume();
        answer(stream);
      });
    }

    test.each([
      ['another status', 404, Buffer.alloc(0), 'RPC_MESSAGE_INVALID'],
      ['an unknown frame', 200, frame(9, ''), 'RPC_MESSAGE_INVALID'],
      ['a frame that is too large', 200, announced(MAX_MESSAGE_BYTES + 1), 'RPC_MESSAGE_TOO_LARGE'],
      ['a reply that is no JSON', 200, frame(0, 'nonsense'), 'RPC_MESSAGE_INVALID'],
      ['a failure that is none', 200, frame(2, '{"code":7}'), 'RPC_MESSAGE_INVALID'],
      ['half a reply', 200, frame(0, '"pong"').subarray(0, 8), 'RPC_UNREACHABLE'],
      ['nothing', 200, Buffer.alloc(0), 'RPC_UNREACHABLE'],
    ])('answers %s: an error of this call', async (_, status, body, code) => {
      const address = await rogue((stream) => {
        stream.respond({ ':status': status });
        stream.end(body);
      });
      await expect(agents.client().call(address, Ping, null)).rejects.toMatchObject({ code });
    });

    test('ignores that a call was stopped: the stream is reset after the grace, the session stays', async () => {
      const clock = new SimClock();
      const streams: ServerHttp2Stream[] = [];
      const address = await rogue((stream) => streams.push(stream));
      const client = agents.client({ clock, stopGraceMs: 1_000 });
      const abort = new AbortController();
      const call = client.call(address, Ping, null, { signal: abort.signal });
      await until(() => streams.length === 1);
      abort.abort(new Error('enough'));
      await expect(call).rejects.toThrow('enough');
      await until(() => streams[0]?.readableEnded === true);
      expect(streams[0]?.closed).toBe(false);
      await clock.advance(1_000);
      await until(() => streams[0]?.closed === true);
      expect(agents.count(RPC_METRICS.reset)).toBe(1);
      expect(agents.gauge(RPC_METRICS.sessions, { side: 'dialler', direction: 'forward' })).toBe(1);
    });
  });
});

describe('a peer that is gone without a word', () => {
  let agents: TestAgents;

  beforeEach(() => {
    hanging = [];
    agents = new TestAgents();
  });
  afterEach(() => agents.stop());

  test('is found by the dialler, whose calls fail', async () => {
    const clock = new SimClock();
    const server = await agents.server(endpoints);
    const relay = await agents.relay(server.port);
    const client = agents.client({ clock, keepAliveIntervalMs: 30_000, keepAliveTimeoutMs: 10_000 });
    const call = client.call(addressOf(relay), Hang, null, { timeoutMs: 600_000 });
    const lost = expect(call).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
    await until(() => hanging.length === 1);
    relay.fallSilent();
    await clock.advance(39_999);
    expect(agents.count(RPC_METRICS.keepAliveLost)).toBe(0);
    await clock.advance(1);
    await lost;
    expect(agents.count(RPC_METRICS.keepAliveLost)).toBe(1);
  });

  test('is found by the listener, whose handlers are told', async () => {
    const clock = new SimClock();
    const server = await agents.server(endpoints, { clock });
    const relay = await agents.relay(server.port);
    const call = agents.client().call(addressOf(relay), Hang, null, { timeoutMs: 600_000 });
    const settled = Promise.allSettled([call]);
    await until(() => hanging.length === 1);
    relay.fallSilent();
    await clock.advance(40_000);
    await until(() => hanging[0]?.aborted === true);
    await settled;
    expect(agents.logger.messages('warn')).toEqual(['rpc session closed: the peer does not answer']);
  });

  test('is told apart from one that answers', async () => {
    const clock = new SimClock();
    const server = await agents.server(endpoints);
    const client = agents.client({ clock });
    const call = client.call(addressOf(server), Hang, null, { timeoutMs: 3_600_000 });
    const settled = Promise.allSettled([call]);
    await until(() => hanging.length === 1);
    for (let round = 0; round < 20; round += 1) {
      await clock.advance(30_000);
      // The ping is answered before its time is up.
      await client.call(addressOf(server), Ping, null);
    }
    expect(agents.count(RPC_METRICS.keepAliveLost)).toBe(0);
    expect(hanging[0]?.aborted).toBe(false);
    await client.stop();
    await settled;
  });
});

test('a client that stops does not wait for a dial that hangs', async () => {
  const agents = new TestAgents();
  const server = await agents.server(endpoints);
  const relay = await agents.relay(server.port);
  relay.fallSilent();
  const client = agents.client({ clock: new SimClock() });
  const refused = expect(client.call(addressOf(relay), Ping, null)).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
  await until(() => relay.recorded.length > 0);
  await client.stop();
  await refused;
  await expect(client.call(addressOf(server), Ping, null)).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
  await agents.stop();
});

test('after a failed dial further calls fail at once, for a time that grows, and not beyond three seconds', async () => {
  const agents = new TestAgents();
  const clock = new SimClock();
  const server = await agents.server(endpoints);
  const relay = await agents.relay(server.port);
  const { port } = relay;
  await relay.stop();
  const client = agents.client({ clock });
  const failed = async () =>
    expect(client.call(addressOf({ port }), Ping, null)).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
  for (let failures = 0; failures < 10; failures += 1) {
    await failed();
    await clock.advance(3_000);
  }
  await failed();
  const back = await agents.server(endpoints, { port });
  await failed();
  await clock.advance(3_000);
  await expect(client.call(addressOf(back), Ping, null)).resolves.toBe('pong');
  await agents.stop();
  await until(() => clock.pending === 0);
});
