import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/testing';
import { Agent as ConnectionPool, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import type { TestAgent } from '../api/test-agent.js';
import { startDevAgent } from '../api/test-agent.js';

const REQUESTS = 6_000;
const CONCURRENCY = 16;
/** Streams, long polls and calls to other addresses may last; they are left after this time. */
const LASTING_MS = 300;
/** Everything else answers at once, however busy the machine is. */
const HANGING_MS = 20_000;
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_302);

/** Texts of the server errors the specification names. */
const NAMED_ERRORS = [
  /^No path to region$/,
  /^No cluster leader$/,
  /^node lookup failed: UUID must be 36 characters$/,
  /^unknown Nomad server /,
  /^1\/1 nodes reported failure$/,
  /^illegal base64 data/,
  /^cpu profiling already in use$/,
  /^execution tracer already enabled$/,
  /^exec: "journalctl": /,
  /^Invalid method$/,
  /^\{("client":\{"ok":\w+,"message":"[^"]*"\},?)?("server":\{"ok":\w+,"message":"[^"]*"\})?\}$/,
];

interface Generated {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

const METHODS = [
  'GET',
  'GET',
  'GET',
  'PUT',
  'PUT',
  'POST',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'FOO',
  'PROPFIND',
];
/** Nothing here makes the agent reach for an address that is not on this machine. */
const VALUES = [
  '',
  'true',
  'false',
  'maybe',
  '0',
  '1',
  '-1',
  '1e3',
  '007',
  '18446744073709551615',
  '18446744073709551616',
  '99999999999999999999999',
  '5ms',
  '1h',
  '60foo',
  '-5m',
  'leader',
  'global',
  'elsewhere',
  'warn',
  'loud',
  'x'.repeat(3_000),
  '%00',
  '../..',
  "'",
  '"',
  '<script>',
  '\u{1F600}',
  '0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71',
  'nomad',
  'nomad.socket',
  'docker',
];
const ADDRESSES = [
  '127.0.0.1:1',
  '127.0.0.1',
  '[::1]:1',
  '127.0.0.1:99999',
  ':',
  '',
  'a/127.0.0.1:1',
  '/',
  '[',
  '127.0.0.1:1:1',
];
const BODIES = [
  '',
  '{}',
  '[]',
  'null',
  '{',
  '"x"',
  '{"Key":1}',
  '{"Key":"%%%"}',
  '{"Key":"AAAAAAAAAAAAAAAAAAAAAA=="}',
  '{"num_schedulers":-1}',
  '{"num_schedulers":1,"enabled_schedulers":["_core"]}',
  '{"num_schedulers":1e400,"enabled_schedulers":[1]}',
  '{"enabled_schedulers":"_core"}',
  '['.repeat(50_000),
  '\u0000\u0001',
  '{"a":1}{"b":2}',
];
const PARAMETERS = [
  'pretty',
  'stale',
  'consistent',
  'region',
  'index',
  'wait',
  'per_page',
  'next_token',
  'reverse',
  'prefix',
  'filter',
  'namespace',
  'type',
  'node',
  'prune',
  'node_id',
  'client_id',
  'server_id',
  'log_level',
  'log_json',
  'plain',
  'log_include_location',
  'on_disk',
  'follow',
  'logs_since',
  'service_name',
  'debug',
  'gc',
  'format',
  'os',
  'resources',
];

/** Requests near what the API takes: its own paths, parameters and bodies, bent. */
class RequestGenerator {
  readonly #random: SeededRandom;
  readonly #paths: readonly string[];

  constructor(seed: number, paths: readonly string[]) {
    this.#random = new SeededRandom(seed);
    this.#paths = paths;
  }

  next(): Generated {
    const method = this.#pick(METHODS);
    const isBodied = ['PUT', 'POST', 'DELETE', 'PATCH', 'FOO'].includes(method) && this.#chance(0.7);
    return {
      method,
      path: this.#path() + this.#search(),
      headers: this.#headers(),
      body: isBodied ? this.#pick(BODIES) : undefined,
    };
  }

  #path(): string {
    const route = this.#pick(this.#paths)
      .replace(':id', () => encodeURIComponent(this.#pick(VALUES)))
      .replace('*', () =>
        this.#pick([
          '',
          'list',
          'install',
          'use',
          'remove',
          'heap',
          'goroutine',
          'cmdline',
          'threadcreate',
          'nope',
          'a/b',
          '%2e%2e/x',
        ]),
      );
    if (this.#chance(0.85)) return route;
    return this.#pick([
      `${route}/`,
      route.toUpperCase(),
      `/${route}`,
      route.replace('/v1', '/v1/./'),
      `${route}%20`,
      '/',
      '/v2/x',
      '/v1/../../etc/passwd',
      '*',
    ]);
  }

  #search(): string {
    const count = Math.floor(this.#random.next() * 4);
    const pairs = Array.from({ length: count }, () => {
      if (this.#chance(0.1)) return `address=${encodeURIComponent(this.#pick(ADDRESSES))}`;
      const value = this.#pick(VALUES);
      return `${this.#pick(PARAMETERS)}=${this.#chance(0.9) ? encodeURIComponent(value) : value.replace(/[^!-~]/gu, '')}`;
    });
    // Captures last as long as they are told to: keep them short.
    return count === 0 ? '' : `?${[...pairs, 'seconds=0'].join('&')}`;
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    if (this.#chance(0.3))
      headers['Accept-Encoding'] = this.#pick(['gzip', 'deflate', 'br', 'gzip;q=0', '*', ',,,', 'gzip, deflate']);
    if (this.#chance(0.2)) headers['X-Nomad-Token'] = this.#pick(['', 'x', ' y ', 'z'.repeat(10_000)]);
    if (this.#chance(0.2))
      headers['Authorization'] = this.#pick(['Bearer', 'Bearer x', 'Basic eA==', 'x', 'bearer  y']);
    if (this.#chance(0.05)) headers['Upgrade'] = 'websocket';
    if (this.#chance(0.05)) headers['Expect'] = '100-continue';
    if (this.#chance(0.05)) headers['X-Long'] = 'h'.repeat(60_000);
    return headers;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random.next() * items.length)] as T;
  }

  #chance(probability: number): boolean {
    return this.#random.next() < probability;
  }
}

let agent: TestAgent;
let port: number;
const pool = new ConnectionPool({ keepAlive: true, maxSockets: CONCURRENCY });
beforeAll(async () => {
  agent = await startDevAgent({ settings: { logLevel: 'ERROR' } });
  port = agent.agent.httpAddresses[0]?.port ?? 0;
});
afterAll(async () => {
  pool.destroy();
  await agent.stop();
});

type Outcome =
  | { readonly status: number; readonly text: string }
  | { readonly left: true }
  | { readonly broken: string };

function send({ method, path, headers, body }: Generated): Promise<Outcome> {
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: pool }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => undefined);
      response.once('end', () =>
        finish({ status: response.statusCode ?? 0, text: decoded(response, Buffer.concat(chunks)) }),
      );
      response.once('close', () => finish({ left: true }));
    });
    const timer = setTimeout(
      () => {
        finish({ left: true });
        outgoing.destroy();
      },
      mayLast(path) ? LASTING_MS : HANGING_MS,
    );
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    outgoing.once('error', (error: NodeJS.ErrnoException) => finish({ broken: error.code ?? error.message }));
    // A refusal may close the connection while the request is still on its way.
    outgoing.once('upgrade', (_, socket) => socket.destroy());
    outgoing.end(body);
  });
}

const mayLast = (path: string): boolean =>
  /monitor|event\/stream|index=|pprof\/(profile|trace)|agent\/(join|servers)/i.test(path);

function decoded({ headers }: IncomingMessage, body: Buffer): string {
  if (body.length === 0) return '';
  if (headers['content-encoding'] === 'gzip') return gunzipSync(body).toString();
  return (headers['content-encoding'] === 'deflate' ? inflateRawSync(body) : body).toString();
}

/** Why an outcome is not acceptable; `undefined` when it is. */
function objection({ method, path }: Generated, outcome: Outcome): string | undefined {
  if ('left' in outcome) return mayLast(path) ? undefined : 'did not answer in time';
  if ('broken' in outcome) return outcome.broken;
  if (outcome.status < 500 || method === 'HEAD' || NAMED_ERRORS.some((pattern) => pattern.test(outcome.text)))
    return undefined;
  return `${outcome.status} ${outcome.text.slice(0, 200)}`;
}

describe(`hostile requests (FUZZ_SEED=${SEED})`, () => {
  test(`${REQUESTS} of them: no server error but those the specification names, no crash, no hang`, async () => {
    const generator = new RequestGenerator(
      SEED,
      agent.agent.routes.map(({ path }) => path),
    );
    const statuses = new Map<number, number>();
    const objections: string[] = [];
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < REQUESTS) {
        sent += 1;
        const generated = generator.next();
        const outcome = await send(generated);
        if ('status' in outcome) statuses.set(outcome.status, (statuses.get(outcome.status) ?? 0) + 1);
        const problem = objection(generated, outcome);
        if (problem !== undefined) objections.push(`${generated.method} ${generated.path.slice(0, 200)}: ${problem}`);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    expect(objections).toEqual([]);
    // The requests really reached all kinds of answers.
    for (const status of [200, 307, 400, 404, 405, 500]) expect(statuses.get(status)).toBeGreaterThan(0);
    expect((await agent.request('/v1/agent/health')).status).toBe(200);
  }, 300_000);

  test('bytes that are no HTTP at all', async () => {
    const random = new SeededRandom(SEED);
    for (let i = 0; i < 300; i += 1) {
      const bytes = Buffer.from(
        Array.from({ length: Math.floor(random.next() * 300) }, () => Math.floor(random.next() * 256)),
      );
      const start =
        ['', 'GET ', 'GET / HTTP/1.1\r\n', 'GET /v1/agent/self HTTP/1.1\r\nHost: x\r\n'][
          Math.floor(random.next() * 4)
        ] ?? '';
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.end(Buffer.concat([Buffer.from(start), bytes])));
        socket.on('error', () => undefined).once('close', () => resolve());
        socket.resume();
      });
    }
    expect((await agent.request('/v1/agent/health')).status).toBe(200);
  }, 60_000);
});
