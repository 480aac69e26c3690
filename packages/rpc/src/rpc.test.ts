import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SteppeError } from '@steppe/domain';
import { noMetrics, silentLogger, SystemClock } from '@steppe/runtime';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Http2RpcClient } from './client/rpc-client.js';
import { MAX_MESSAGE_BYTES } from './method/message.js';
import { defineRpcMethod } from './method/rpc-method.js';
import type { RpcEndpoint } from './method/rpc-method.js';
import { RpcServer } from './server/rpc-server.js';

const Echo = defineRpcMethod<{ text: string }, { text: string }>('Test.Echo', 'local');
const Fail = defineRpcMethod<null, null>('Test.Fail', 'any');
const Hang = defineRpcMethod<null, null>('Test.Hang', 'any');
const Unknown = defineRpcMethod<null, null>('Test.Unknown', 'any');

const hanging = { aborted: Promise.resolve() };
const endpoints: readonly RpcEndpoint[] = [
  { method: Echo, handle: async ({ text }: { text: string }) => ({ text }) },
  {
    method: Fail,
    handle: () => Promise.reject(new SteppeError({ code: 'TEST_FAILED' }, 'no cluster leader')),
  },
  {
    method: Hang,
    handle: (_: never, { signal }) => {
      hanging.aborted = new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      return new Promise(() => undefined);
    },
  },
];
const newServer = (port = 0, maxSessionsPerAddress = 0) =>
  new RpcServer(
    { host: '127.0.0.1', port, maxSessionsPerAddress },
    { endpoints, logger: silentLogger, metrics: noMetrics },
  );

describe('calls between agents', () => {
  let server: RpcServer;
  let client: Http2RpcClient;
  let address: string;

  beforeEach(async () => {
    server = newServer();
    await server.start();
    address = `127.0.0.1:${server.port}`;
    client = new Http2RpcClient({}, { clock: new SystemClock() });
  });
  afterEach(async () => {
    await client.stop();
    await server.stop();
  });

  test('a reply comes back typed, and many calls share one session', async () => {
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, i) => client.call(address, Echo, { text: `é ${i}` })),
    );
    expect(replies.map((reply) => reply.text)).toEqual(Array.from({ length: 50 }, (_, i) => `é ${i}`));
  });

  test('a failing handler reaches the caller with its message and code', async () => {
    await expect(client.call(address, Fail, null)).rejects.toMatchObject({
      code: 'RPC_REMOTE_FAILED',
      message: 'no cluster leader',
      detail: { remoteCode: 'TEST_FAILED' },
    });
  });

  test('an unknown method is refused by name', async () => {
    await expect(client.call(address, Unknown, null)).rejects.toMatchObject({
      code: 'RPC_METHOD_UNKNOWN',
      message: "rpc: can't find method Test.Unknown",
    });
  });

  test('a call past its deadline fails and the handler is told', async () => {
    await expect(client.call(address, Hang, null, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'RPC_DEADLINE_EXCEEDED',
    });
    await hanging.aborted;
  });

  test('an aborted call rejects with the reason of the abort', async () => {
    const abort = new AbortController();
    const call = client.call(address, Hang, null, { signal: abort.signal });
    abort.abort(new Error('changed my mind'));
    await expect(call).rejects.toThrow('changed my mind');
  });

  test('a request above the size limit is refused and the session lives on', async () => {
    await expect(client.call(address, Echo, { text: 'x'.repeat(MAX_MESSAGE_BYTES) })).rejects.toMatchObject({
      detail: { remoteCode: 'RPC_MESSAGE_TOO_LARGE' },
    });
    await expect(client.call(address, Echo, { text: 'still here' })).resolves.toEqual({ text: 'still here' });
  });

  test('nobody listening is a refused dial that names the address', async () => {
    await server.stop();
    await expect(client.call(address, Echo, { text: '' })).rejects.toMatchObject({
      code: 'RPC_UNREACHABLE',
      message: `dial tcp ${address}: connect: connection refused`,
    });
  });

  test('something else listening there is an error, not a hang', async () => {
    const stranger = createServer((socket) => socket.resume().end('SSH-2.0-stranger\r\n'));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    await expect(client.call(`127.0.0.1:${port}`, Echo, { text: '' })).rejects.toMatchObject({
      code: 'RPC_UNREACHABLE',
    });
    await new Promise((resolve) => stranger.close(resolve));
  });

  test('bytes that are not HTTP/2 do not disturb the listener', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    await expect(client.call(address, Echo, { text: 'ok' })).resolves.toEqual({ text: 'ok' });
  });

  test('a port in use is one clear sentence', async () => {
    await expect(newServer(server.port).start()).rejects.toMatchObject({
      code: 'RPC_LISTEN_FAILED',
      message: `listen tcp ${address}: bind: address already in use`,
    });
  });

  test('sessions beyond the limit of one address are refused, the earlier ones stay', async () => {
    const limited = newServer(0, 1);
    await limited.start();
    const target = `127.0.0.1:${limited.port}`;
    await client.call(target, Echo, { text: 'first' });
    const second = new Http2RpcClient({}, { clock: new SystemClock() });
    await expect(second.call(target, Echo, { text: '' })).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
    await expect(client.call(target, Echo, { text: 'again' })).resolves.toEqual({ text: 'again' });
    await second.stop();
    await limited.stop();
  });

  test('two endpoints for one method are refused when the server is built, naming the method', () => {
    const twice = { endpoints: [...endpoints, ...endpoints], logger: silentLogger, metrics: noMetrics };
    expect(() => new RpcServer({ host: '127.0.0.1', port: 0, maxSessionsPerAddress: 0 }, twice)).toThrow('Test.Echo');
  });
});
