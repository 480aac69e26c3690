import { CallerWatch } from '@steppe/acl';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ANONYMOUS_TOKEN, callerOfToken, compileAcl, parsePolicy, StorelessTokenResolver } from '@steppe/acl';
import type { TokenResolver } from '@steppe/acl';
import { noMetrics, SystemClock } from '@steppe/runtime';
import { RecordingLogger } from '@steppe/testing';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions as HttpsOptions } from 'node:https';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import { AuditLog } from '../audit/audit-log.js';
import { AclGate } from './acl-gate.js';
import type { RpcClient } from '@steppe/rpc';
import { ApiRelay } from '../relay/api-relay.js';
import type { TargetResolver } from '../targets/target-resolver.js';
import { SERVER_OF_REGION } from './answered-by.js';
import { apiError } from './api-error.js';
import { ApiAnswers } from './api-answers.js';
import { ApiDispatcher } from './api-dispatcher.js';
import { TableErrorMapper } from './error-mapper.js';
import { createExpressHost } from './express-host.js';
import type { ExpressContribution } from './express-host.js';
import { HttpListener } from './listener/http-listener.js';
import { ParseErrors } from './listener/parse-errors.js';
import type { TlsSettings } from './listener/tls-settings.js';
import type { ByteSink, ReplyHeaders } from './reply/reply.js';
import { bytes, empty, json, stream } from './reply/reply.js';
import { decodeJsonObject } from './request/body.js';
import type { AnyHttpRoute } from './route.js';
import { defineRoute } from './route.js';
import { RouteTable } from './route-table.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../test-fixtures/tls/${name}`, import.meta.url));
const pem = (name: string): Buffer => readFileSync(fixture(name));
const tls = (name: string, verifyClient = false): TlsSettings => ({
  caFile: fixture('ca.pem'),
  certFile: fixture(`${name}.pem`),
  keyFile: fixture(`${name}-key.pem`),
  verifyClient,
  minVersion: 'tls12',
  cipherSuites: '',
});

/** Methods with which a handler of `/v1/open/…` was called. */
const handled: string[] = [];

/** A stream that goes on for as long as it has a reader. */
function writesUntil(sink: ByteSink, signal: AbortSignal): Promise<void> {
  sink.write(Buffer.from('first'));
  return signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

const streamEnded = { aborted: Promise.resolve() };
const routes: readonly AnyHttpRoute[] = [
  defineRoute({
    path: '/v1/value',
    methods: ['GET'],
    summary: '',
    acl: undefined,
    handle: () => json({ b: [1], a: 9007199254740993n }),
  }),
  defineRoute({ path: '/v1/value', methods: ['PUT'], summary: '', acl: undefined, handle: () => empty() }),
  defineRoute({
    path: '/v1/common',
    methods: ['GET'],
    summary: '',
    commonParameters: true,
    answeredBy: SERVER_OF_REGION,
    acl: undefined,
    handle: ({ common }) => json({ ...common }),
  }),
  defineRoute({
    path: '/v1/token',
    methods: ['GET'],
    summary: '',
    acl: undefined,
    handle: ({ token }) => json({ token: token?.reveal() ?? null }),
  }),
  defineRoute({
    path: '/v1/item/:id',
    methods: ['GET'],
    summary: '',
    acl: undefined,
    handle: ({ path }) => json(path),
  }),
  defineRoute({ path: '/v1/tree/*', methods: 'any', summary: '', acl: undefined, handle: ({ path }) => json(path) }),
  defineRoute({
    path: '/v1/body-stream',
    methods: ['PUT'],
    summary: 'Counts.',
    acl: undefined,
    handle: async (request) => {
      let bytes = 0;
      for await (const chunk of request.bodyStream({ maxBytes: 4 * 1024 * 1024 })) bytes += chunk.length;
      return json({ bytes });
    },
  }),
  defineRoute({
    path: '/v1/body',
    methods: ['PUT'],
    summary: '',
    acl: undefined,
    handle: async (request) => json(Object.fromEntries(decodeJsonObject(await request.body()))),
  }),
  defineRoute({
    path: '/v1/relayed-error',
    methods: ['GET'],
    summary: '',
    acl: undefined,
    handle: () => {
      throw new Error('rpc error: Permission denied');
    },
  }),
  defineRoute({
    path: '/v1/broken',
    methods: ['GET'],
    summary: '',
    acl: undefined,
    handle: () => Promise.reject(new Error('disk on fire')),
  }),
  defineRoute({
    path: '/v1/big',
    methods: ['GET'],
    summary: '',
    acl: undefined,
    handle: () => bytes('x'.repeat(100_000), {}),
  }),
  defineRoute({
    path: '/v1/stream',
    methods: ['GET'],
    summary: '',
    acl: undefined,
    handle: () =>
      stream('text/plain', (sink, { signal }) => {
        sink.write(Buffer.from('first'));
        const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        streamEnded.aborted = ended;
        return ended;
      }),
  }),
  defineRoute({
    path: '/v1/quiet-stream',
    methods: ['GET'],
    summary: '',
    acl: undefined,
    handle: () =>
      stream(
        'text/plain',
        (_, { signal }) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      ),
  }),
  defineRoute({
    path: '/v1/failing-stream',
    methods: ['GET'],
    summary: '',
    acl: undefined,
    handle: () =>
      stream('application/json', async (sink) => {
        sink.write(Buffer.from('{}'));
        throw new Error('rpc error: boom');
      }),
  }),
  defineRoute({
    path: '/v1/stalled-stream',
    methods: ['GET'],
    summary: '',
    acl: undefined,
    handle: () =>
      stream('text/plain', async (sink) => {
        sink.write(Buffer.from('first'));
        throw apiError('READER_STALLED', 60);
      }),
  }),
  defineRoute({
    path: '/v1/server-only',
    methods: ['GET'],
    summary: '',
    role: { needs: 'client', otherwise: 'SERVER_ONLY', beforeMethod: true },
    acl: undefined,
    handle: () => empty(),
  }),
  ...[false, true].map((mutates) =>
    defineRoute({
      path: mutates ? '/v1/open/changes' : '/v1/open/value',
      methods: ['GET', 'PUT'],
      cors: true,
      mutates,
      summary: '',
      acl: undefined,
      handle: ({ method }) => {
        handled.push(method);
        return json({ method });
      },
    }),
  ),
  defineRoute({
    path: '/v1/open/stream',
    methods: ['GET'],
    cors: true,
    summary: '',
    acl: undefined,
    handle: () => stream('text/plain', (sink, { signal }) => writesUntil(sink, signal)),
  }),
  defineRoute({
    path: '/v1/open/guarded',
    methods: ['GET'],
    cors: true,
    summary: '',
    acl: { requires: ['AgentRead'], tokenErrors: 'denied' },
    handle: () => empty(),
  }),
  ...(['denied', 'plain', 'explained'] as const).map((tokenErrors) =>
    defineRoute({
      path: `/v1/guarded-${tokenErrors}`,
      methods: ['GET'],
      summary: '',
      acl: { requires: ['AgentRead'], tokenErrors },
      handle: () => empty(),
    }),
  ),
];

interface FrameOptions {
  readonly tls?: TlsSettings;
  readonly maxConnectionsPerClient?: number;
  readonly handshakeTimeoutMs?: number;
  readonly hosts?: readonly string[];
  readonly contributions?: readonly ExpressContribution[];
  readonly resolver?: TokenResolver;
  readonly responseHeaders?: ReplyHeaders;
}

const running: HttpListener[] = [];
const agents: Socket[] = [];
afterEach(async () => {
  for (const socket of agents.splice(0)) socket.destroy();
  for (const listener of running.splice(0)) await listener.stop();
});

/** Nothing leaves this frame. */
const noRpc: RpcClient = {
  call: () => Promise.reject(new Error('no call is expected')),
  stream: () => {
    throw new Error('no call is expected');
  },
};

async function startFrame(options: FrameOptions = {}) {
  const clock = new SystemClock();
  const logger = new RecordingLogger('http');
  const responseHeaders = options.responseHeaders ?? { foo: 'bar' };
  const resolver = options.resolver ?? new StorelessTokenResolver({ aclEnabled: false });
  const table = new RouteTable([{ routes }]);
  const targets: TargetResolver = {
    resolveAllocation: () => ({ kind: 'here', agentId: 'self' }),
    resolve: ({ region }) => {
      if (region !== '' && region !== 'global') throw apiError('REGION_UNKNOWN');
      return { kind: 'here', agentId: 'self' };
    },
  };
  const answers = new ApiAnswers(
    { roles: { server: true, client: false }, authoritativeRegion: '' },
    {
      table,
      gate: new AclGate({ enableDebug: false }, { resolver, watch: new CallerWatch({}, { clock, resolver }), logger }),
      targets,
      relay: new ApiRelay({ rpc: noRpc, nodes: undefined, knownServers: () => [] }),
      errors: new TableErrorMapper(),
      audit: new AuditLog({ path: undefined }, { clock }),
      logger,
    },
  );
  const dispatcher = new ApiDispatcher({ responseHeaders }, { table, answers, clock, logger, metrics: noMetrics });
  const parseErrors = new ParseErrors({ responseHeaders }, { refuseMethod: (path) => dispatcher.refuseMethod(path) });
  const listener = new HttpListener(
    {
      hosts: options.hosts ?? ['127.0.0.1'],
      port: 0,
      tls: options.tls,
      maxConnectionsPerClient: options.maxConnectionsPerClient ?? 0,
      handshakeTimeoutMs: options.handshakeTimeoutMs ?? 0,
    },
    {
      handler: createExpressHost(dispatcher, options.contributions ?? []),
      onParseError: parseErrors.answer,
      onStop: () => dispatcher.stop(),
      clock,
      logger,
      metrics: noMetrics,
    },
  );
  running.push(listener);
  await listener.start();
  const { port } = listener.addresses[0] ?? { port: 0 };
  return { listener, logger, port, url: `http://127.0.0.1:${port}` };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly text: string;
}

/** A request without the conveniences of `fetch`: no redirects, no decompression, any method. */
function send(
  port: number,
  path: string,
  options: RequestOptions & { readonly payload?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      collect(response).then(resolve, reject);
    });
    outgoing.once('error', reject);
    outgoing.end(options.payload);
  });
}

function sendTls(port: number, path: string, options: HttpsOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const target = {
      host: '127.0.0.1',
      port,
      path,
      agent: false as const,
      ca: pem('ca.pem'),
      servername: 'server.global.nomad',
    };
    const outgoing = httpsRequest({ ...target, ...options }, (response) => {
      collect(response).then(resolve, reject);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

async function collect(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return { status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString() };
}

/** Sends bytes on a bare connection and reads until the other side closes. */
function exchange(port: number, payload: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
    socket.write(payload);
  });
}

describe('routing', () => {
  test.each([
    ['an unknown path', '/v1/unknown/endpoint', 404],
    ['an exact route with a slash behind it', '/v1/value/', 404],
    ['another case', '/V1/value', 404],
    ['a segment that is not there', '/v1/item/', 404],
  ])('%s is a 404 with an empty body and no content type', async (_, path, status) => {
    const { port } = await startFrame();
    const answer = await send(port, path);
    expect(answer).toMatchObject({ status, text: '' });
    expect(answer.headers).toMatchObject({ vary: 'Accept-Encoding' });
    expect(answer.headers).not.toHaveProperty('content-type');
    expect(answer.headers).not.toHaveProperty('foo');
    expect(answer.headers).not.toHaveProperty('server');
    expect(answer.headers).not.toHaveProperty('x-powered-by');
  });

  test.each(['POST', 'DELETE', 'OPTIONS', 'PATCH', 'FOO', 'GETT', 'CONNECT'])(
    'the method %s is 405 without an Allow header',
    async (method) => {
      const { port } = await startFrame();
      const head = method === 'CONNECT' ? 'CONNECT /v1/value HTTP/1.1' : `${method} /v1/value?a=b HTTP/1.1`;
      const reply = await exchange(port, `${head}\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(reply).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/);
      expect(reply).toMatch(/\r\nContent-Type: text\/plain; charset=utf-8\r\n/i);
      expect(reply).toMatch(/\r\nfoo: bar\r\n/);
      expect(reply).toMatch(/\r\n\r\nInvalid method$/);
      expect(reply).not.toMatch(/allow:/i);
    },
  );

  test('HEAD is a wrong method too, answered without a body', async () => {
    const { port } = await startFrame();
    expect(await send(port, '/v1/value', { method: 'HEAD' })).toMatchObject({ status: 405, text: '' });
  });

  test('a role that is missing is reported even for an unknown method, where the route says so', async () => {
    const { port } = await startFrame();
    for (const method of ['GET', 'PUT']) {
      expect(await send(port, '/v1/server-only', { method })).toMatchObject({
        status: 400,
        text: 'Server only endpoint',
      });
    }
    expect(await exchange(port, 'FOO /v1/server-only HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(
      / 400 [^]*Server only endpoint$/,
    );
  });

  test('an unknown method on an unknown path is still a 404', async () => {
    const { port } = await startFrame();
    expect(await exchange(port, 'FOO /nowhere HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });

  test.each([
    ['/', '/ui/'],
    ['/?ott=x', '/ui/?ott=x'],
    ['/v1/tree', '/v1/tree/'],
    ['/v1/tree?a=1&b=2', '/v1/tree/?a=1&b=2'],
    ['//v1//value', '/v1/value'],
    ['/v1/./value', '/v1/value'],
    ['/v1/x/../value', '/v1/value'],
    ['/v1/tree/../../..', '/'],
  ])('%s leads to %s by a 307', async (path, location) => {
    const { port } = await startFrame();
    const answer = await send(port, path);
    expect(answer.status).toBe(307);
    expect(answer.headers.location).toBe(location);
    expect(answer.headers).not.toHaveProperty('foo');
  });

  test('variable segments and subtrees are decoded; what cannot be decoded is taken as it is', async () => {
    const { port } = await startFrame();
    expect((await send(port, '/v1/item/a%20b')).text).toBe('{"id":"a b"}');
    expect((await send(port, '/v1/item/%zz')).text).toBe('{"id":"%zz"}');
    expect((await send(port, '/v1/tree/a/b')).text).toBe('{"*":"a/b"}');
  });

  test('two contributions with one method and path are refused, naming both', () => {
    const route = defineRoute({ path: '/v1/x', methods: ['GET'], summary: '', acl: undefined, handle: () => empty() });
    const any = defineRoute({ path: '/v1/x', methods: 'any', summary: '', acl: undefined, handle: () => empty() });
    expect(() => new RouteTable([{ routes: [route] }, { routes: [route] }])).toThrow('GET /v1/x');
    expect(() => new RouteTable([{ routes: [route] }, { routes: [any] }])).toThrow('any /v1/x');
  });

  test('contributed routes see what no API route took, contributed middleware sees everything', async () => {
    const seen: string[] = [];
    const { port } = await startFrame({
      contributions: [
        {
          mount: (app) =>
            void app
              .get('/v1/value', (_, response) => void response.send('never'))
              .get('/extra', (_, response) => void response.send('mine')),
        },
        { order: -1, mount: (app) => void app.use((request, _, next) => (seen.push(request.path), next())) },
      ],
    });
    expect((await send(port, '/extra')).text).toBe('mine');
    expect((await send(port, '/v1/value')).text).not.toBe('never');
    expect(seen).toEqual(['/extra', '/v1/value']);
  });
});

describe('a route that pages of other origins may read', () => {
  const origin = 'https://ui.example';
  const ALLOW = { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' };
  const preflight = { origin, 'access-control-request-method': 'GET' };
  const corsOf = ({ headers }: Answer) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));
  beforeEach(() => void handled.splice(0));

  test('says so with what it answers, whatever that is', async () => {
    const { port } = await startFrame({ resolver: new StorelessTokenResolver({ aclEnabled: true }) });
    const value = await send(port, '/v1/open/value', { headers: { origin } });
    expect([value.status, value.text, corsOf(value)]).toEqual([200, '{"method":"GET"}', ALLOW]);
    expect(value.headers).toMatchObject({ vary: 'Accept-Encoding, Origin', foo: 'bar' });
    const refused = await send(port, '/v1/open/guarded', { headers: { origin } });
    expect([refused.status, corsOf(refused)]).toEqual([403, ALLOW]);
  });

  test('lets caches know although nobody says where the request is from, or it would change something', async () => {
    const { port } = await startFrame();
    for (const options of [{}, { method: 'PUT', headers: { origin } }]) {
      const answer = await send(port, '/v1/open/value', options);
      expect([answer.status, corsOf(answer)]).toEqual([200, {}]);
      expect(answer.headers.vary).toBe('Accept-Encoding, Origin');
    }
  });

  test('answers a preflight without a token, without a handler, and without a body', async () => {
    const { port } = await startFrame({ resolver: new StorelessTokenResolver({ aclEnabled: true }) });
    for (const path of ['/v1/open/value?wait=1', '/v1/open/changes', '/v1/open/guarded']) {
      const answer = await send(port, path, {
        method: 'OPTIONS',
        headers: { ...preflight, 'access-control-request-headers': 'x-nomad-token' },
      });
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(corsOf(answer)).toEqual({
        ...ALLOW,
        'access-control-allow-headers': 'x-nomad-token',
        'access-control-allow-methods': 'GET',
      });
      expect(answer.headers).toMatchObject({ foo: 'bar' });
    }
    expect(handled).toEqual([]);
    const other = await send(port, '/v1/open/value', { method: 'OPTIONS', headers: { origin } });
    expect([other.status, other.text]).toEqual([405, 'Invalid method']);
  });

  test('HEAD is GET without the body, and ends although the stream would not', async () => {
    const { port } = await startFrame();
    const value = await send(port, '/v1/open/value', { method: 'HEAD', headers: { origin } });
    expect([value.status, value.text, corsOf(value)]).toEqual([200, '', ALLOW]);
    expect(value.headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '17' });
    const endless = await send(port, '/v1/open/stream', { method: 'HEAD' });
    expect([endless.status, endless.text, endless.headers['content-type']]).toEqual([200, '', 'text/plain']);
  });

  test('HEAD changes nothing where GET would', async () => {
    const { port } = await startFrame();
    expect(await send(port, '/v1/open/changes', { method: 'HEAD' })).toMatchObject({ status: 405 });
    expect(handled).toEqual([]);
  });

  test('what the operator says of origins counts instead', async () => {
    const responseHeaders = { 'access-control-allow-origin': origin };
    const { port } = await startFrame({ responseHeaders });
    for (const options of [{ headers: { origin } }, { method: 'OPTIONS', headers: preflight }]) {
      expect(corsOf(await send(port, '/v1/open/value', options))).toMatchObject(responseHeaders);
    }
  });

  test('no other route says anything of it', async () => {
    const { port } = await startFrame();
    for (const options of [{ headers: { origin } }, { method: 'OPTIONS', headers: preflight }]) {
      const answer = await send(port, '/v1/value', options);
      expect([answer.status, corsOf(answer)]).toEqual([options.method === undefined ? 200 : 405, {}]);
      expect(answer.headers.vary).toBe('Accept-Encoding');
    }
  });
});

describe('replies', () => {
  test.each([
    ['', '{"a":9007199254740993,"b":[1]}'],
    ['?pretty=0', '{"a":9007199254740993,"b":[1]}'],
    ['?pretty', '{\n    "a": 9007199254740993,\n    "b": [\n        1\n    ]\n}\n'],
    ['?pretty=1', '{\n    "a": 9007199254740993,\n    "b": [\n        1\n    ]\n}\n'],
    ['?pretty=false', '{\n    "a": 9007199254740993,\n    "b": [\n        1\n    ]\n}\n'],
  ])('JSON with %s', async (search, text) => {
    const { port } = await startFrame();
    const answer = await send(port, `/v1/value${search}`);
    expect(answer.text).toBe(text);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', foo: 'bar', vary: 'Accept-Encoding' });
  });

  test('nothing is an empty 200 without a content type', async () => {
    const { port } = await startFrame();
    const answer = await send(port, '/v1/value', { method: 'PUT' });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers).not.toHaveProperty('content-type');
    expect(answer.headers['content-length']).toBe('0');
  });

  test.each([
    ['gzip', 'gzip', gunzipSync],
    ['deflate', 'deflate', inflateRawSync],
    ['br, gzip;q=1.0, deflate, gzip', 'deflate', inflateRawSync],
    ['identity,gzip', 'gzip', gunzipSync],
  ])(
    'Accept-Encoding %s gives %s, for replies and errors, and none for nothing at all',
    async (accepted, encoding, decode) => {
      const { port } = await startFrame();
      const headers = { 'Accept-Encoding': accepted };
      const cases: readonly (readonly [string, string, string])[] = [
        ['GET', '/v1/value', '{"a":9007199254740993,"b":[1]}'],
        ['GET', '/v1/big', 'x'.repeat(100_000)],
        ['POST', '/v1/value', 'Invalid method'],
      ];
      for (const [method, path, text] of cases) {
        const answer = await send(port, path, { method, headers });
        expect(answer.headers['content-encoding']).toBe(encoding);
        expect(decode(answer.body).toString()).toBe(text);
      }
      const nothing = await send(port, '/v1/value', { method: 'PUT', headers });
      expect(nothing.headers).not.toHaveProperty('content-encoding');
      expect(nothing.headers['content-length']).toBe('0');
    },
  );

  test.each(['gzip;q=1.0', 'br', '*', ''])('Accept-Encoding "%s" gives no encoding', async (accepted) => {
    const { port } = await startFrame();
    const answer = await send(port, '/v1/value', { headers: { 'Accept-Encoding': accepted } });
    expect(answer.headers).not.toHaveProperty('content-encoding');
  });

  test('requests to upgrade are never compressed', async () => {
    const { port } = await startFrame();
    const answer = await send(port, '/v1/value', {
      headers: { 'Accept-Encoding': 'gzip', Upgrade: 'x', Connection: 'close' },
    });
    expect(answer.headers).not.toHaveProperty('content-encoding');
  });

  test('a relayed denial is a bare 403, any other failure a 500 with its text', async () => {
    const { port } = await startFrame();
    const denied = await send(port, '/v1/relayed-error');
    expect(denied).toMatchObject({ status: 403, text: 'Permission denied' });
    expect(denied.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(await send(port, '/v1/broken')).toMatchObject({ status: 500, text: 'disk on fire' });
  });

  test('a stream starts at once, ends when its caller leaves, and can fail in the middle', async () => {
    const { port } = await startFrame();
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port,
      path: '/v1/stream',
      agent: false,
      headers: { 'Accept-Encoding': 'gzip' },
    });
    outgoing.on('error', () => undefined);
    const response = await new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve).end());
    await new Promise((resolve) => response.once('data', resolve));
    response.on('error', () => undefined);
    response.destroy();
    await streamEnded.aborted;
    expect((await send(port, '/v1/failing-stream')).text).toBe('{}rpc error: boom');
  });

  test('a compressed stream with nothing to say can be opened at once by whoever unpacks it', async () => {
    const { port } = await startFrame();
    const headers = { 'Accept-Encoding': 'gzip' };
    const outgoing = httpRequest({ host: '127.0.0.1', port, path: '/v1/quiet-stream', agent: false, headers });
    outgoing.on('error', () => undefined);
    const response = await new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve).end());
    const first = await new Promise<Buffer>((resolve) => response.once('data', resolve));
    expect([...first.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    response.on('error', () => undefined);
    response.destroy();
  });

  test.each(['', 'gzip'])('a stream whose reader takes nothing breaks off, encoded as "%s"', async (encoding) => {
    const { port } = await startFrame();
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port,
      path: '/v1/stalled-stream',
      agent: false,
      headers: { 'Accept-Encoding': encoding },
    });
    const ended = new Promise((resolve) => {
      outgoing.on('error', resolve);
      outgoing.once('response', (response) => void collect(response).then(resolve, resolve));
    });
    outgoing.end();
    expect(await ended).toMatchObject({ code: 'ECONNRESET' });
  });

  test('a stop ends the streams', async () => {
    const { listener, port } = await startFrame();
    const outgoing = httpRequest({ host: '127.0.0.1', port, path: '/v1/stream', agent: false });
    const response = await new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve).end());
    const first = await new Promise<Buffer>((resolve) => response.once('data', resolve));
    const rest = collect(response);
    await listener.stop();
    expect(first.toString() + (await rest).text).toBe('first');
  });
});

describe('the shared parameters', () => {
  test.each([
    ['stale', { stale: true }],
    ['stale=', { stale: true }],
    ['stale=true', { stale: true }],
    ['stale=false', { stale: false }],
    ['stale=0&stale=1', { stale: false }],
    ['wait=60s&index=18446744073709551615', { waitMs: 60_000, index: 18446744073709551615n }],
    ['per_page=2&next_token=x&reverse=true&prefix=ab', { perPage: 2, nextToken: 'x', reverse: true, prefix: 'ab' }],
    ['reverse=1', { reverse: false }],
    ['region=global', { region: 'global' }],
  ])('%s', async (search, expected) => {
    const { port } = await startFrame();
    const { text } = await send(port, `/v1/common?${search}`);
    for (const [name, value] of Object.entries(expected)) {
      expect(text).toContain(`"${name}":${typeof value === 'string' ? JSON.stringify(value) : String(value)}`);
    }
  });

  test.each([
    ['stale=random', 400, 'Expect `true` or `false` for `stale` query string parameter'],
    ['per_page=x', 400, 'Expect a number for `per_page` query string parameter'],
    ['per_page=2147483648', 400, 'Expect a number for `per_page` query string parameter'],
    ['wait=60foo', 400, 'Invalid wait time'],
    ['index=foo', 400, 'Invalid index'],
    ['index=-1', 400, 'Invalid index'],
    ['index=18446744073709551616', 400, 'Invalid index'],
    ['wait=60foo&stale=random', 400, 'Expect `true` or `false` for `stale` query string parameter'],
    ['region=elsewhere', 500, 'No path to region'],
  ])('%s is %i', async (search, status, text) => {
    const { port } = await startFrame();
    expect(await send(port, `/v1/common?${search}`)).toMatchObject({ status, text });
  });
});

describe('credentials', () => {
  test.each([
    [{ 'X-Nomad-Token': '  foobar ' }, 'foobar'],
    [{ Authorization: 'Bearer foobar' }, 'foobar'],
    [{ Authorization: 'bEARER foobar baz' }, 'foobar'],
    [{ Authorization: 'foobar' }, null],
    [{ Authorization: 'Basic Zm9v' }, null],
    [{ 'X-Nomad-Token': '', Authorization: 'Bearer x' }, 'x'],
    [{ 'X-Nomad-Token': 'a', Authorization: 'Bearer x' }, 'a'],
    [{}, null],
  ])('%j', async (headers: Record<string, string>, token) => {
    const { port } = await startFrame();
    expect(JSON.parse((await send(port, '/v1/token', { headers })).text)).toEqual({ token });
  });

  test('?token= is not a credential', async () => {
    const { port } = await startFrame();
    expect((await send(port, '/v1/token?token=x')).text).toBe('{"token":null}');
  });

  const unknown = '0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71';
  test.each([
    ['denied', '', 'Permission denied'],
    ['denied', unknown, 'Permission denied'],
    ['denied', 'garbage', 'Permission denied'],
    ['plain', unknown, 'Permission denied'],
    ['plain', 'garbage', 'failed to parse signed token: not a UUID and not a signed token'],
    ['explained', unknown, 'Permission denied'],
    [
      'explained',
      'garbage',
      'ACL token not found or invalid workload identity: failed to parse signed token: not a UUID and not a signed token',
    ],
  ])('on a route that answers "%s", the token "%s" is a 403', async (style, token, text) => {
    const { port } = await startFrame({ resolver: new StorelessTokenResolver({ aclEnabled: true }) });
    const headers = token === '' ? {} : { 'X-Nomad-Token': token };
    expect(await send(port, `/v1/guarded-${style}`, { headers })).toMatchObject({ status: 403, text });
  });

  test('a resolver may take its time, and its failures are no permissions', async () => {
    const resolver: TokenResolver = {
      resolve: async (secret) => {
        if (secret?.reveal() === 'boom') throw new Error('store unreachable');
        const rules = `agent { policy = "${secret === undefined ? 'deny' : 'read'}" }`;
        return callerOfToken(ANONYMOUS_TOKEN, compileAcl([parsePolicy(rules)]));
      },
    };
    const { port } = await startFrame({ resolver });
    expect((await send(port, '/v1/guarded-plain')).status).toBe(403);
    expect((await send(port, '/v1/guarded-plain', { headers: { 'X-Nomad-Token': 'x' } })).status).toBe(200);
    const failed = await send(port, '/v1/guarded-plain', { headers: { 'X-Nomad-Token': 'boom' } });
    expect(failed).toMatchObject({ status: 500, text: 'store unreachable' });
  });
});

describe('request bodies', () => {
  test.each([
    ['{"Key":1,"UNKNOWN":null}', 200, '{"key":1}'],
    ['{"key":1} trailing {', 200, '{"key":1}'],
    ['{"key":"}\\""}garbage', 200, '{"key":"}\\""}'],
    ['null', 200, '{}'],
    ['', 400, 'Request body is empty'],
    ['[1]', 400, 'json: cannot unmarshal array into an object'],
  ])('%s', async (payload, status, text) => {
    const { port } = await startFrame();
    expect(await send(port, '/v1/body', { method: 'PUT', payload })).toMatchObject({ status, text });
  });

  test('what is no JSON is a 400', async () => {
    const { port } = await startFrame();
    const answer = await send(port, '/v1/body', { method: 'PUT', payload: '{num:-1}' });
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(/^invalid JSON: /);
  });

  test('a body beyond the limit is a 413', async () => {
    const { port } = await startFrame();
    const answer = await send(port, '/v1/body', { method: 'PUT', payload: `"${'x'.repeat(1024 * 1024)}"` });
    expect(answer).toMatchObject({ status: 413, text: 'request body is larger than 1048576 bytes' });
  });

  test('a body that is streamed has a limit of its own', async () => {
    const { port } = await startFrame();
    const put = (bytes: number) => send(port, '/v1/body-stream', { method: 'PUT', payload: 'x'.repeat(bytes) });
    expect(await put(4 * 1024 * 1024)).toMatchObject({ status: 200, text: '{"bytes":4194304}' });
    expect(await put(4 * 1024 * 1024 + 1)).toMatchObject({
      status: 413,
      text: 'request body is larger than 4194304 bytes',
    });
    expect(await put(0)).toMatchObject({ status: 200, text: '{"bytes":0}' });
  });
});

describe('the listener', () => {
  test('serves every address', async () => {
    const { listener } = await startFrame({ hosts: ['127.0.0.1', '127.0.0.2'] });
    for (const { host, port } of listener.addresses) {
      expect((await send(port, '/', { host })).status).toBe(307);
    }
    expect(listener.addresses.map(({ host }) => host)).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  test('a port in use is one clear sentence', async () => {
    const { port } = await startFrame();
    const second = new HttpListener(
      { hosts: ['127.0.0.1'], port, tls: undefined, maxConnectionsPerClient: 0, handshakeTimeoutMs: 0 },
      {
        handler: () => undefined,
        onParseError: () => undefined,
        onStop: () => undefined,
        clock: new SystemClock(),
        logger: new RecordingLogger(),
        metrics: noMetrics,
      },
    );
    await expect(second.start()).rejects.toMatchObject({
      code: 'HTTP_LISTEN_FAILED',
      message: `Error starting http server: listen tcp 127.0.0.1:${port}: bind: address already in use`,
    });
  });

  test('a header block beyond a megabyte is 431, one just below is served', async () => {
    const { port } = await startFrame();
    expect((await send(port, '/v1/value', { headers: { big: 'x'.repeat(1_000_000) } })).status).toBe(200);
    const reply = await exchange(port, `GET / HTTP/1.1\r\nHost: x\r\nbig: ${'x'.repeat(1_100_000)}\r\n\r\n`).catch(
      String,
    );
    expect(reply).toMatch(/431|ECONNRESET|EPIPE/);
  });

  test('what is no HTTP is a 400', async () => {
    const { port } = await startFrame();
    expect(await exchange(port, 'hello there\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*400 Bad Request$/);
  });

  test.each([
    ['plain', undefined],
    ['TLS', tls('server-global')],
  ])(
    'connections beyond the limit of one address read a 429 (%s); the earlier ones stay usable',
    async (_, settings) => {
      const { port } = await startFrame({
        maxConnectionsPerClient: 2,
        ...(settings === undefined ? {} : { tls: settings }),
      });
      const open = (): Socket => {
        const socket =
          settings === undefined
            ? connect(port, '127.0.0.1')
            : connectTls({ port, host: '127.0.0.1', ca: pem('ca.pem'), servername: 'server.global.nomad' });
        agents.push(socket);
        return socket;
      };
      const connected = settings === undefined ? 'connect' : 'secureConnect';
      const first = open();
      await new Promise((resolve) => first.once(connected, resolve));
      const second = open();
      await new Promise((resolve) => second.once(connected, resolve));
      const refused = await new Promise<string>((resolve) => {
        let text = '';
        const third = open();
        third
          .on('data', (chunk) => (text += chunk.toString()))
          .on('error', () => undefined)
          .once('close', () => resolve(text));
      });
      expect(refused).toBe(
        'HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nContent-Length: 81\r\nConnection: close\r\n\r\nYour IP is issuing too many concurrent connections, please rate limit your calls\n',
      );
      for (const socket of [first, second]) {
        const answered = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())));
        socket.write('GET /v1/value HTTP/1.1\r\nHost: x\r\n\r\n');
        expect(await answered).toMatch(/^HTTP\/1\.1 200 OK/);
      }
      first.destroy();
      await new Promise((resolve) => first.once('close', resolve));
    },
  );
});

describe('TLS', () => {
  test('HTTPS is served, without HTTP/2, and plain HTTP is told so', async () => {
    const { port } = await startFrame({ tls: tls('server-global') });
    expect((await sendTls(port, '/v1/value')).status).toBe(200);
    expect(await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe(
      'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n',
    );
    const protocol = await new Promise((resolve, reject) => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        ca: pem('ca.pem'),
        servername: 'server.global.nomad',
        ALPNProtocols: ['h2', 'http/1.1'],
      });
      agents.push(socket);
      socket.once('error', reject).once('secureConnect', () => resolve(socket.alpnProtocol));
    });
    expect(protocol).toBe('http/1.1');
  });

  test('a client certificate is demanded and must be signed by the CA; its name is not checked', async () => {
    const { port } = await startFrame({ tls: tls('server-global', true) });
    await expect(sendTls(port, '/v1/value')).rejects.toThrow();
    const stranger = { cert: pem('stranger.pem'), key: pem('stranger-key.pem') };
    await expect(sendTls(port, '/v1/value', stranger)).rejects.toThrow();
    const known = { cert: pem('client.pem'), key: pem('client-key.pem') };
    expect((await sendTls(port, '/v1/value', known)).status).toBe(200);
  });

  test('certificates and the switch itself change on the same port, without touching open connections', async () => {
    const { listener, port } = await startFrame({ tls: tls('server-wrong-region') });
    await expect(sendTls(port, '/v1/value')).rejects.toThrow(/altnames/);
    await listener.reloadTls(tls('server-global'));
    expect((await sendTls(port, '/v1/value')).status).toBe(200);
    await expect(listener.reloadTls({ ...tls('server-global'), certFile: '/nowhere/cert.pem' })).rejects.toThrow(
      'tls.cert_file: cannot read /nowhere/cert.pem',
    );
    expect((await sendTls(port, '/v1/value')).status).toBe(200);
    await listener.reloadTls(undefined);
    expect((await send(port, '/v1/value')).status).toBe(200);
  });

  test('an idle connection is closed after the handshake timeout, a slow answer is not', async () => {
    const { port } = await startFrame({ tls: tls('server-global'), handshakeTimeoutMs: 100 });
    const idle = connect(port, '127.0.0.1');
    const stream = sendTls(port, '/v1/stream', { signal: AbortSignal.timeout(10_000) });
    const closed = await new Promise((resolve) => idle.once('close', () => resolve('closed')).resume());
    expect(closed).toBe('closed');
    const silent = connectTls({ port, host: '127.0.0.1', ca: pem('ca.pem'), servername: 'server.global.nomad' });
    await new Promise((resolve) =>
      silent
        .once('close', resolve)
        .on('error', () => undefined)
        .resume(),
    );
    // Both timeouts are over; the stream that sent its request in time still runs.
    const stillRunning = await Promise.race([stream.then(() => 'ended'), Promise.resolve('running')]);
    expect(stillRunning).toBe('running');
    await running.at(-1)?.stop();
    expect((await stream).text).toBe('first');
  });

  test('a start with unusable files names the setting', async () => {
    await expect(startFrame({ tls: { ...tls('server-global'), keyFile: '' } })).rejects.toThrow(
      'Error starting http server: tls.cert_file and tls.key_file are needed when tls.http is on',
    );
  });
});
