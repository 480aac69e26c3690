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

const JOB = {
  ID: 'noop',
  Type: 'batch',
  TaskGroups: [{ Name: 'all', Tasks: [{ Name: 'main', Driver: 'raw_exec', Config: { command: 'true' } }] }],
};

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
  { path: '/.well-known/jwks.json', type: JSON_TYPE, shows: { keys: [{ kty: 'RSA', alg: 'RS256', use: 'sig' }] } },
  { path: '/.well-known/openid-configuration', status: 404, type: TEXT, shows: 'OIDC Discovery endpoint not enabled' },
  { path: '/v1/operator/keyring/keys', type: JSON_TYPE, shows: [{ Algorithm: 'RS256', State: 'active' }] },
  { method: 'PUT', path: '/v1/operator/keyring/rotate', type: JSON_TYPE, shows: { Key: { State: 'active' } } },
  {
    method: 'PUT',
    path: '/v1/jobs',
    body: JSON.stringify({ Job: JOB }),
    type: JSON_TYPE,
    shows: /"EvalID":"[0-9a-f-]{36}"/,
  },
  { path: '/v1/jobs', type: JSON_TYPE, shows: [{ ID: 'noop', Type: 'batch' }] },
  { method: 'PUT', path: '/v1/jobs/parse', body: '{"JobHCL":"x"}', status: 400, type: TEXT, shows: /./ },
  {
    method: 'PUT',
    path: '/v1/validate/job',
    body: JSON.stringify({ Job: JOB }),
    type: JSON_TYPE,
    shows: { Error: '' },
  },
  { path: '/v1/job/noop', type: JSON_TYPE, shows: { ID: 'noop', Version: 0, TaskGroups: [{ Name: 'all' }] } },
  { path: '/v1/job/noop/allocations', type: JSON_TYPE, shows: /^\[/ },
  { path: '/v1/job/noop/evaluations', type: JSON_TYPE, shows: /"TriggeredBy":"job-register"/ },
  { path: '/v1/job/noop/summary', type: JSON_TYPE, shows: { JobID: 'noop', Summary: { all: expect.any(Object) } } },
  { path: '/v1/job/noop/versions', type: JSON_TYPE, shows: { Versions: [{ Version: 0 }] } },
  { path: '/v1/job/noop/submission?version=0', status: 404, type: TEXT, shows: /./ },
  { path: '/v1/job/noop/deployment', type: JSON_TYPE, shows: 'null' },
  { path: '/v1/job/noop/deployments', type: JSON_TYPE, shows: [] },
  { path: '/v1/job/noop/services', type: JSON_TYPE, shows: [] },
  { path: '/v1/job/noop/actions', type: JSON_TYPE, shows: [] },
  { path: '/v1/deployments', type: JSON_TYPE, shows: [] },
  {
    method: 'PUT',
    path: '/v1/job/noop/evaluate',
    body: '{"JobID":"noop"}',
    type: JSON_TYPE,
    shows: /"EvalID":"[0-9a-f-]{36}"/,
  },
  {
    method: 'PUT',
    path: '/v1/job/noop/revert',
    body: '{"JobID":"noop","JobVersion":0}',
    status: 400,
    shows: /current version/,
  },
  { path: '/v1/job/noop/scale', type: JSON_TYPE, shows: { JobID: 'noop', TaskGroups: { all: { Desired: 1 } } } },
  {
    method: 'PUT',
    path: '/v1/job/noop/scale',
    body: '{"Count":1,"Target":{"Group":"none"}}',
    status: 400,
    type: TEXT,
    shows: '"none" specified for scaling does not exist',
  },
  {
    method: 'PUT',
    path: '/v1/job/noop/plan',
    body: JSON.stringify({ Job: JOB, Diff: true }),
    type: JSON_TYPE,
    shows: { Diff: { ID: 'noop' } },
  },
  { path: '/v1/evaluations', type: JSON_TYPE, shows: /"JobID":"noop"/ },
  { path: '/v1/evaluations/count', type: JSON_TYPE, shows: { Count: expect.any(Number) } },
  {
    method: 'DELETE',
    path: '/v1/evaluations',
    body: '{}',
    status: 400,
    type: TEXT,
    shows: 'must be deleted by either ID or filter',
  },
  { path: '/v1/evaluation/none', status: 404, type: TEXT, shows: 'eval not found' },
  { path: '/v1/evaluation/none/allocations', type: JSON_TYPE, shows: [] },
  { path: '/v1/allocations', type: JSON_TYPE, shows: /^\[/ },
  { path: '/v1/allocation/none', status: 404, type: TEXT, shows: 'alloc not found' },
  { method: 'PUT', path: '/v1/allocation/none/stop', status: 404, type: TEXT, shows: 'allocation not found' },
  ...[
    'logs/none?task=main&type=stdout',
    'stream/none?path=x',
    'cat/none?path=x',
    'readat/none?path=x',
    'stat/none?path=x',
    'ls/none',
  ].map((path) => ({ path: `/v1/client/fs/${path}`, status: 404, type: TEXT, shows: 'Unknown allocation "none"' })),
  {
    path: '/v1/client/stats',
    type: JSON_TYPE,
    shows: { CPU: expect.any(Array), Memory: { Total: expect.any(Number) } },
  },
  ...['stats', 'checks'].map((operation) => ({
    path: `/v1/client/allocation/none/${operation}`,
    status: 404,
    type: TEXT,
    shows: 'Unknown allocation "none"',
  })),
  { method: 'PUT', path: '/v1/client/gc', shows: '' },
  ...['restart', 'signal', 'gc'].map((operation) => ({
    method: 'PUT',
    path: `/v1/client/allocation/none/${operation}`,
    body: '{"Signal":"SIGHUP"}',
    status: 404,
    type: TEXT,
    shows: 'Unknown allocation "none"',
  })),
  { path: '/v1/node/none/allocations', type: JSON_TYPE, shows: [] },
  { method: 'PUT', path: '/v1/node/none/evaluate', status: 404, type: TEXT, shows: 'node not found' },
  { method: 'PUT', path: '/v1/node/none/purge', status: 404, type: TEXT, shows: 'node not found' },
  { path: '/v1/namespaces', type: JSON_TYPE, shows: [{ Name: 'default' }] },
  { method: 'PUT', path: '/v1/namespace', body: '{"Name":"dev"}', shows: '' },
  { method: 'PUT', path: '/v1/namespace/dev', body: '{"Name":"dev","Description":"try"}', shows: '' },
  { path: '/v1/namespace/dev', type: JSON_TYPE, shows: { Name: 'dev', Description: 'try' } },
  { method: 'DELETE', path: '/v1/namespace/dev', shows: '' },
  { path: '/v1/node/pools', type: JSON_TYPE, shows: [{ Name: 'all' }, { Name: 'default' }] },
  { method: 'PUT', path: '/v1/node/pools', body: '{"Name":"gpu"}', shows: '' },
  { method: 'PUT', path: '/v1/node/pool/gpu', body: '{"Name":"gpu","Description":"cards"}', shows: '' },
  { path: '/v1/node/pool/gpu', type: JSON_TYPE, shows: { Name: 'gpu', Description: 'cards' } },
  { path: '/v1/node/pool/gpu/jobs', type: JSON_TYPE, shows: [] },
  {
    method: 'PUT',
    path: '/v1/search',
    body: '{"Prefix":"gp","Context":"node_pools"}',
    type: JSON_TYPE,
    shows: { Matches: { node_pools: ['gpu'] } },
  },
  {
    method: 'POST',
    path: '/v1/search/fuzzy',
    body: '{"Text":"pu","Context":"node_pools"}',
    type: JSON_TYPE,
    shows: { Matches: { node_pools: [{ ID: 'gpu' }] } },
  },
  { path: '/v1/node/pool/gpu/nodes', type: JSON_TYPE, shows: [] },
  { method: 'DELETE', path: '/v1/node/pool/gpu', shows: '' },
  {
    path: '/v1/operator/scheduler/configuration',
    type: JSON_TYPE,
    shows: { SchedulerConfig: { SchedulerAlgorithm: 'binpack' } },
  },
  {
    method: 'PUT',
    path: '/v1/operator/scheduler/configuration',
    body: '{"SchedulerAlgorithm":"roulette"}',
    status: 400,
    type: TEXT,
    shows: 'invalid scheduler algorithm: roulette',
  },
  { method: 'DELETE', path: '/v1/job/noop?purge=true', type: JSON_TYPE, shows: /"EvalID":"[0-9a-f-]{36}"/ },
  { method: 'PUT', path: '/v1/system/gc', shows: '' },
  { method: 'PUT', path: '/v1/system/reconcile/summaries', shows: '' },
  { path: '/v1/event/stream?index=1', type: JSON_TYPE, shows: /^\{/, live: true },
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
  // Something to log, and something that changes.
  await fetch(`${agent.url}/v1/agent/health`);
  await fetch(`${agent.url}/v1/jobs`, { method: 'PUT', body: JSON.stringify({ Job: JOB }) });
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
    const pattern = new RegExp(`^${path.replace(/:\w+\+?/, '[^/]+').replace('*', '.*')}$`);
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
