import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startDevAgent } from '../api/test-agent.js';
import type { BuiltAgent } from './built-agent.js';
import { startBuiltAgent } from './built-agent.js';

let agent: BuiltAgent;
beforeAll(async () => {
  agent = await startBuiltAgent();
});
afterAll(async () => {
  agent.program.kill('SIGINT');
  await agent.program.exit;
});

interface Row {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly status?: number;
  readonly type?: string;
  /** What the body must match; a text must be contained. */
  readonly shows: string | RegExp | object;
  /** A live stream: only its beginning is read. */
  readonly live?: boolean;
}

const JSON_TYPE = 'application/json';
const BINARY = 'application/octet-stream';
const TEXT = 'text/plain; charset=utf-8';
/** The first byte of a gzip member. */
const GZIP = '\u001f';

const rows: readonly Row[] = [
  { path: '/v1/agent/health', type: JSON_TYPE, shows: { server: { ok: true }, client: { ok: true } } },
  { path: '/v1/agent/health?type=server', type: JSON_TYPE, shows: { server: { ok: true, message: 'ok' } } },
  { path: '/v1/agent/gossip', type: JSON_TYPE, shows: { Members: [{ Status: 'alive', Suspicions: [] }] } },
  { path: '/v1/agent/members', type: JSON_TYPE, shows: { ServerRegion: 'global', Members: [{ Status: 'alive' }] } },
  {
    path: '/v1/agent/self',
    type: JSON_TYPE,
    shows: { config: { DevMode: true }, stats: { nomad: { leader: 'true' } } },
  },
  { path: '/v1/agent/servers', type: JSON_TYPE, shows: [expect.stringMatching(/:4647$/)] },
  {
    method: 'PUT',
    path: '/v1/agent/servers?address=127.0.0.1:1',
    status: 400,
    type: TEXT,
    shows: 'Server at address 127.0.0.1:1 failed ping: dial tcp 127.0.0.1:1: connect: connection refused',
  },
  { method: 'PUT', path: '/v1/agent/join?address=127.0.0.1:1', type: JSON_TYPE, shows: { num_joined: 0 } },
  { method: 'PUT', path: '/v1/agent/force-leave?node=nobody', shows: '' },
  {
    path: '/v1/agent/host',
    type: JSON_TYPE,
    shows: { OS: expect.any(String), Network: expect.any(Array) },
  },
  { path: '/v1/agent/monitor?log_level=debug&plain=true', type: 'text/plain', shows: 'request complete', live: true },
  {
    path: '/v1/agent/monitor/export?on_disk=true',
    status: 400,
    type: TEXT,
    shows: /./,
  },
  { path: '/v1/agent/log-level', type: JSON_TYPE, shows: { Level: 'DEBUG', Loggers: [] } },
  {
    method: 'PUT',
    path: '/v1/agent/log-level',
    body: '{"Logger":"nomad.gossip","Level":"trace","TTL":"1s"}',
    type: JSON_TYPE,
    shows: { Loggers: [{ Logger: 'nomad.gossip', Level: 'TRACE' }] },
  },
  { path: '/v1/agent/pprof/cmdline', type: TEXT, shows: /main\.mjs/ },
  { path: '/v1/agent/pprof/profile?seconds=1', type: BINARY, shows: GZIP },
  { path: '/v1/agent/pprof/trace?seconds=1', type: BINARY, shows: /./ },
  { path: '/v1/agent/pprof/heap', type: BINARY, shows: GZIP },
  { path: '/v1/agent/pprof/goroutine?debug=1', type: TEXT, shows: /goroutine/ },
  { path: '/debug/pprof/goroutine?debug=1', type: TEXT, shows: /goroutine/ },
  { path: '/v1/agent/schedulers', type: JSON_TYPE, shows: { schedulers: expect.any(Array) } },
  { path: '/v1/agent/schedulers/config', type: JSON_TYPE, shows: { num_schedulers: expect.any(Number) } },
  {
    method: 'PUT',
    path: '/v1/agent/schedulers/config',
    body: '{"num_schedulers":1,"enabled_schedulers":["_core","batch"]}',
    type: JSON_TYPE,
    shows: { num_schedulers: 1, enabled_schedulers: ['_core', 'batch'] },
  },
  { method: 'PUT', path: '/v1/agent/reload', shows: '' },
  { path: '/v1/agent/keyring/list', status: 500, type: TEXT, shows: '1/1 nodes reported failure' },
  { path: '/v1/status/leader', type: JSON_TYPE, shows: /^"127\.\d+\.\d+\.\d+:4647"$/ },
  { path: '/v1/status/peers', type: JSON_TYPE, shows: [expect.stringMatching(/:4647$/)] },
  { path: '/v1/regions', type: JSON_TYPE, shows: ['global'] },
  { path: '/v1/metrics', type: JSON_TYPE, shows: { Gauges: expect.any(Array), Samples: expect.any(Array) } },
  { path: '/v1/nodes', type: JSON_TYPE, shows: [{ Status: 'ready', Datacenter: 'dc1' }] },
  { path: '/v1/node/none', status: 404, type: TEXT, shows: 'node not found' },
  {
    method: 'PUT',
    path: '/v1/node/none/eligibility',
    body: '{"Eligibility":"often"}',
    status: 400,
    type: TEXT,
    shows: 'invalid scheduling eligibility "often"',
  },
  {
    method: 'PUT',
    path: '/v1/node/none/drain',
    body: '{"DrainSpec":{"Deadline":"soon"}}',
    status: 400,
    type: TEXT,
    shows: 'DrainSpec.Deadline must be a duration in nanoseconds, got "soon"',
  },
  { path: '/v1/operator/snapshot', type: BINARY, shows: /^\{"format":"steppe-snapshot"/ },
  {
    method: 'PUT',
    path: '/v1/operator/snapshot',
    body: 'hello\n',
    status: 400,
    type: TEXT,
    shows: 'the snapshot cannot be used: ',
  },
  { path: '/v1/operator/raft/configuration', type: JSON_TYPE, shows: { Servers: [{ Leader: true }] } },
  { path: '/v1/acl/token/self', type: JSON_TYPE, shows: { AccessorID: 'acls-disabled' } },
  { path: '/v1/acl/policy/self', status: 403, type: TEXT, shows: 'Permission denied' },
  ...(
    [
      ['PUT', 'bootstrap'],
      ['PUT', 'explain'],
      ['GET', 'policies'],
      ['GET', 'policy/none'],
      ['GET', 'policy/'],
      ['GET', 'roles'],
      ['PUT', 'role'],
      ['GET', 'role/none'],
      ['GET', 'role/name/none'],
      ['GET', 'role/name/'],
      ['GET', 'role/a/b'],
      ['GET', 'role/'],
      ['GET', 'tokens'],
      ['PUT', 'token'],
      ['GET', 'token/none'],
      ['GET', 'token/'],
      ['PUT', 'token/onetime'],
      ['PUT', 'token/onetime/exchange'],
      ['GET', 'auth-methods'],
      ['PUT', 'auth-method'],
      ['GET', 'auth-method/none'],
      ['GET', 'binding-rules'],
      ['PUT', 'binding-rule'],
      ['GET', 'binding-rule/none'],
      ['PUT', 'oidc/auth-url'],
      ['PUT', 'login'],
      ['PUT', 'identity/client-introduction-token'],
    ] as const
  ).map(([method, path]) => ({
    method,
    path: `/v1/acl/${path}`,
    status: 400,
    type: TEXT,
    shows: 'ACL support disabled',
  })),
  { path: '/ui/', type: 'text/html; charset=utf-8', shows: 'UI is disabled' },
  { path: '/v1/none', status: 404, shows: '' },
];

async function request({ method = 'GET', path, body, live }: Row) {
  const leave = new AbortController();
  const init = body === undefined ? {} : { body };
  const response = await fetch(agent.url + path, { method, ...init, redirect: 'manual', signal: leave.signal });
  if (live !== true) return { response, text: await response.text() };
  // Something to log.
  await fetch(`${agent.url}/v1/agent/health`);
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  leave.abort();
  return { response, text: new TextDecoder().decode(value) };
}

test.each(rows)('$method $path', async (row) => {
  const { response, text } = await request(row);
  expect(response.status).toBe(row.status ?? 200);
  if (row.type !== undefined) expect(response.headers.get('content-type')).toBe(row.type);
  if (row.shows instanceof RegExp) expect(text).toMatch(row.shows);
  else if (typeof row.shows === 'string') expect(text).toContain(row.shows);
  else expect(JSON.parse(text)).toMatchObject(row.shows);
});

test('every operation of the API is driven above', async () => {
  const inner = await startDevAgent();
  await inner.stop();
  const driven = rows.map(({ path }) => path.replace(/\?.*/, ''));
  const missing = inner.agent.routes.filter(({ path }) => {
    const pattern = new RegExp(`^${path.replace(/:\w+/, '[^/]+').replace('*', '.*')}$`);
    return !driven.some((each) => pattern.test(each));
  });
  expect(missing.map(({ path }) => path)).toEqual([]);
});

test('the banner tells what runs, where it listens, and commands that work as written', async () => {
  const { stdout } = agent.program;
  expect(stdout).toContain(`HTTP: ${agent.url}\n`);
  expect(stdout).toContain(`RPC: ${agent.host}:4647\n`);
  expect(stdout).toContain(`Gossip: ${agent.host}:4648\n`);
  const urls = [...stdout.matchAll(/curl '?([^'\s]+)'?/g)].map((match) => match[1] ?? '');
  expect(urls).toHaveLength(3);
  for (const url of urls) {
    const leave = new AbortController();
    const { status } = await fetch(url, { signal: leave.signal });
    leave.abort();
    expect(status).toBe(200);
  }
});
