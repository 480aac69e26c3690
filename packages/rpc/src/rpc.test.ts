import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isSteppeError, SteppeError } from '@steppe/domain';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Http2RpcClient } from './client/rpc-client.js';
import { rpcEndpoint } from './method/rpc-endpoint.js';
import { defineRpcMethod } from './method/rpc-method.js';
import { RPC_METRICS } from './metrics.js';
import type { RpcServer } from './server/rpc-server.js';
import { addressOf, TestAgents, until } from './testing/test-agents.js';
import { MAX_MESSAGE_BYTES } from './wire/frame.js';

const anyone = { callers: ['server', 'client'] } as const;
const Echo = defineRpcMethod<{ text: string }, { text: string }>('Test.Echo', anyone);
const WhoAmI = defineRpcMethod<null, { role: string; region: string; id: string }>('Test.WhoAmI', anyone);
const Fail = defineRpcMethod<{ how: string }, null>('Test.Fail', anyone);
const Hang = defineRpcMethod<null, null>('Test.Hang', anyone);
const Huge = defineRpcMethod<null, string>('Test.Huge', anyone);
const Servers = defineRpcMethod<null, null>('Test.Servers', { callers: ['server'] });
const Unknown = defineRpcMethod<null, null>('Test.Unknown', anyone);

const failures: Readonly<Record<string, () => unknown>> = {
  coded: () => new SteppeError({ code: 'NODE_UNKNOWN', status: 404, secret: 'x' }, 'Unknown node "7"'),
  plain: () => new TypeError('broken'),
  text: () => 'just a text',
};

/** Signals that `Test.Hang` was called with. */
let hanging: AbortSignal[] = [];
const endpoints = [
  rpcEndpoint(Echo, async ({ text }) => ({ text })),
  rpcEndpoint(WhoAmI, async (_, { peer: { role, region, id } }) => ({ role, region, id })),
  rpcEndpoint(Fail, async ({ how }) => {
    throw failures[how]?.();
  }),
  rpcEndpoint(Hang, (_, { signal }) => {
    hanging.push(signal);
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }),
  rpcEndpoint(Huge, async () => 'x'.repeat(MAX_MESSAGE_BYTES)),
  rpcEndpoint(Servers, async () => null),
];

describe('calls between agents', () => {
  let agents: TestAgents;
  let server: RpcServer;
  let client: Http2RpcClient;
  let address: string;

  beforeEach(async () => {
    hanging = [];
    agents = new TestAgents();
    server = await agents.server(endpoints);
    address = addressOf(server);
    client = agents.client();
  });
  afterEach(() => agents.stop());

  test('a reply comes back typed, and many calls share one session', async () => {
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => client.call(address, Echo, { text: `é ${i}` })),
    );
    expect(replies.map((reply) => reply.text)).toEqual(Array.from({ length: 1_000 }, (_, i) => `é ${i}`));
    expect(agents.count(RPC_METRICS.accepted)).toBe(1);
  });

  test('a handler knows who calls', async () => {
    await expect(client.call(address, WhoAmI, null)).resolves.toEqual({
      role: 'client',
      region: 'global',
      id: 'node-1',
    });
  });

  test('a coded error keeps its code, status and message across the wire, and nothing else', async () => {
    const error: unknown = await client.call(address, Fail, { how: 'coded' }).catch((thrown: unknown) => thrown);
    expect(isSteppeError(error, 'NODE_UNKNOWN')).toBe(true);
    expect(error).toMatchObject({
      message: 'Unknown node "7"',
      detail: { code: 'NODE_UNKNOWN', status: 404, method: 'Test.Fail' },
    });
    expect(JSON.stringify((error as SteppeError).detail)).not.toContain('secret');
  });

  test.each([
    ['plain', 'broken'],
    ['text', 'just a text'],
  ])('an error without a code (%s) keeps its message', async (how, message) => {
    await expect(client.call(address, Fail, { how })).rejects.toMatchObject({ code: 'RPC_REMOTE_FAILED', message });
  });

  test('an unknown method is refused by name, counted and logged', async () => {
    await expect(client.call(address, Unknown, null)).rejects.toMatchObject({
      code: 'RPC_METHOD_UNKNOWN',
      message: "rpc: can't find method Test.Unknown",
    });
    expect(agents.count(RPC_METRICS.frameRefused, { reason: 'unknown-method' })).toBe(1);
    expect(agents.count(RPC_METRICS.received, { method: 'unknown' })).toBe(1);
    expect(agents.logger.messages('warn')).toEqual(['rpc refused']);
  });

  test('a method that is not for the role of the caller is refused', async () => {
    await expect(client.call(address, Servers, null)).rejects.toMatchObject({
      code: 'RPC_METHOD_NOT_ALLOWED',
      message: 'rpc: Test.Servers is not for a client',
    });
    expect(agents.count(RPC_METRICS.frameRefused, { reason: 'not-allowed' })).toBe(1);
    expect(agents.logger.messages('warn')).toEqual(['rpc refused']);
    const peer = agents.client({ self: { role: 'server', region: 'europe', id: 'server-9' } });
    await expect(peer.call(address, Servers, null, { region: 'global' })).resolves.toBeNull();
  });

  test('a call past its deadline fails here and there', async () => {
    await expect(client.call(address, Hang, null, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'RPC_DEADLINE_EXCEEDED',
    });
    await until(() => hanging[0]?.aborted === true);
  });

  test('an aborted call rejects with the reason of the abort, and the handler is told', async () => {
    const abort = new AbortController();
    const call = client.call(address, Hang, null, { signal: abort.signal });
    await until(() => hanging.length === 1);
    abort.abort(new Error('changed my mind'));
    await expect(call).rejects.toThrow('changed my mind');
    await until(() => hanging[0]?.aborted === true);
    expect(agents.count(RPC_METRICS.reset)).toBe(0);
  });

  test('a call aborted before it began is not made', async () => {
    await expect(client.call(address, Echo, { text: '' }, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    expect(agents.count(RPC_METRICS.accepted)).toBe(0);
  });

  test('5,000 calls stopped one after another on one session reset nothing, and the session lives', async () => {
    for (let round = 0; round < 50; round += 1) {
      const abort = new AbortController();
      const calls = Array.from({ length: 100 }, () => client.call(address, Hang, null, { signal: abort.signal }));
      await until(() => hanging.length === 100);
      abort.abort(new Error('enough'));
      expect((await Promise.allSettled(calls)).every(({ status }) => status === 'rejected')).toBe(true);
      await until(() => hanging.every((signal) => signal.aborted));
      hanging = [];
    }
    await expect(client.call(address, Echo, { text: 'alive' })).resolves.toEqual({ text: 'alive' });
    expect(agents.count(RPC_METRICS.accepted)).toBe(1);
    expect(agents.count(RPC_METRICS.reset)).toBe(0);
    expect(agents.gauge(RPC_METRICS.serving, { side: 'listener' })).toBe(0);
    expect(agents.gauge(RPC_METRICS.calling, { side: 'dialler' })).toBe(0);
  }, 30_000);

  test('a request or reply above the size limit is refused, and the session lives on', async () => {
    const tooLarge = { code: 'RPC_MESSAGE_TOO_LARGE' };
    await expect(client.call(address, Echo, { text: 'x'.repeat(MAX_MESSAGE_BYTES) })).rejects.toMatchObject(tooLarge);
    await expect(client.call(address, Huge, null)).rejects.toMatchObject(tooLarge);
    await expect(client.call(address, Echo, { text: 'still here' })).resolves.toEqual({ text: 'still here' });
    expect(agents.count(RPC_METRICS.accepted)).toBe(1);
  });

  test('a message just below the limit passes', async () => {
    const text = 'x'.repeat(MAX_MESSAGE_BYTES - 20);
    const reply = await client.call(address, Echo, { text });
    expect(reply.text.length).toBe(text.length);
  });

  test('calls beyond what one session may run wait for their turn; beyond what may wait they fail at once', async () => {
    const narrow = await agents.server(endpoints, { maxConcurrentCalls: 2 });
    const impatient = agents.client({ maxQueuedCalls: 4 });
    const abort = new AbortController();
    await impatient.call(addressOf(narrow), Echo, { text: 'the session knows its limits now' });
    const calls = Array.from({ length: 5 }, () =>
      impatient.call(addressOf(narrow), Hang, null, { signal: abort.signal }),
    );
    const settled = Promise.allSettled(calls);
    await expect(calls[4]).rejects.toMatchObject({ code: 'RPC_TOO_MANY_CALLS' });
    await until(() => hanging.length === 2);
    abort.abort(new Error('enough'));
    await settled;
    await expect(impatient.call(addressOf(narrow), Echo, { text: 'free' })).resolves.toEqual({ text: 'free' });
  });

  test('nobody listening is a refused dial that names the address', async () => {
    await server.stop();
    await expect(client.call(address, Echo, { text: '' })).rejects.toMatchObject({
      code: 'RPC_UNREACHABLE',
      message: `dial tcp ${address}: connect: connection refused`,
    });
  });

  test('something else listening there is an error, not a hang', async () => {
    const stranger = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('SSH-2.0-stranger\r\n'),
    );
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    await expect(client.call(`127.0.0.1:${port}`, Echo, { text: '' })).rejects.toMatchObject({
      code: 'RPC_PEER_REFUSED',
      detail: { reason: 'protocol' },
    });
    await new Promise((resolve) => stranger.close(resolve));
  });

  test('bytes that are no handshake do not disturb the listener; they are counted and logged', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    await expect(client.call(address, Echo, { text: 'ok' })).resolves.toEqual({ text: 'ok' });
    expect(agents.count(RPC_METRICS.peerRefused, { reason: 'protocol' })).toBe(1);
    expect(agents.logger.messages('warn')).toEqual(['rpc peer 127.0.0.1 refused: it does not speak this protocol']);
  });

  test('a server that restarts is dialled again by the next call, and its loss fails the calls that ran', async () => {
    const call = client.call(address, Hang, null);
    await until(() => hanging.length === 1);
    const { port } = server;
    await server.stop();
    await expect(call).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
    expect(hanging[0]?.aborted).toBe(true);
    await agents.server(endpoints, { port });
    await expect(client.call(address, Echo, { text: 'back' })).resolves.toEqual({ text: 'back' });
  });

  test('a port in use is one clear sentence', async () => {
    await expect(agents.server(endpoints, { port: server.port })).rejects.toMatchObject({
      code: 'RPC_LISTEN_FAILED',
      message: `listen tcp ${address}: bind: address already in use`,
    });
  });

  test('connections beyond the limit of one address are closed, the earlier ones stay', async () => {
    const limited = await agents.server(endpoints, { maxSessionsPerAddress: 1 });
    const target = addressOf(limited);
    await client.call(target, Echo, { text: 'first' });
    await expect(agents.client().call(target, Echo, { text: '' })).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
    await expect(client.call(target, Echo, { text: 'again' })).resolves.toEqual({ text: 'again' });
    expect(agents.count(RPC_METRICS.peerRefused, { reason: 'limit' })).toBe(1);
  });

  test('sessions, calls and durations can be read from the metrics', async () => {
    await client.call(address, Echo, { text: '' });
    await expect(client.call(address, Fail, { how: 'plain' })).rejects.toThrow();
    expect(agents.gauge(RPC_METRICS.sessions, { side: 'listener', direction: 'forward' })).toBe(1);
    expect(agents.gauge(RPC_METRICS.sessions, { side: 'dialler', direction: 'forward' })).toBe(1);
    expect(agents.count(RPC_METRICS.received, { method: 'Test.Echo' })).toBe(1);
    expect(agents.count(RPC_METRICS.failed, { method: 'Test.Fail' })).toBe(1);
    expect(agents.count(RPC_METRICS.callFailed, { method: 'Test.Fail' })).toBe(1);
    const samples = agents.metrics.cumulative().samples.map(({ name, count }) => [name, count]);
    expect(samples).toContainEqual([RPC_METRICS.served, 1]);
    expect(samples).toContainEqual([RPC_METRICS.took, 1]);
  });

  test('two endpoints for one method are refused when the server is built, naming the method', async () => {
    await expect(agents.server([...endpoints, ...endpoints])).rejects.toThrow('Test.Echo');
  });
});
