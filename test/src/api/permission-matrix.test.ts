import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@steppe/testing';
import type { AclCheck } from '@steppe/acl';
import { allows, compileAcl, parsePolicy } from '@steppe/acl';
import type { AnyHttpRoute, Requirement } from '@steppe/agent';
import { Query, requirementOf } from '@steppe/agent';
import type { TestAgent } from './test-agent.js';
import { secretOf, startDevAgent, startServerAgent, startWorkerAgent } from './test-agent.js';

/** What the holders of tokens may do, by the name of the token. */
const POLICIES = {
  deny: 'agent { policy = "deny" } node { policy = "deny" } operator { policy = "deny" }',
  nothing: 'namespace "other" { policy = "write" }',
  'agent-read': 'agent { policy = "read" }',
  'agent-write': 'agent { policy = "write" }',
  'node-read': 'node { policy = "read" }',
  'node-write': 'node { policy = "write" }',
  'operator-read': 'operator { policy = "read" }',
  'operator-write': 'operator { policy = "write" }',
  saver: 'operator { capabilities = ["snapshot-save"] }',
  'job-read': 'namespace "default" { policy = "read" }',
  'job-write': 'namespace "default" { policy = "write" }',
  'pool-read': 'node_pool "*" { policy = "read" }',
  'pool-write': 'node_pool "*" { policy = "write" } node { policy = "read" }',
} as const;
/** Credentials that nobody takes, whatever is asked. `of-south` is a token of another region. */
const USELESS = ['', 'unknown', 'not-a-uuid', 'expired', 'of-south'] as const;
const ENABLE_DEBUG = true;

const agents = new Map<string, TestAgent>();
beforeAll(async () => {
  const server = { gossipProfile: 'local', enabled: true, bootstrapExpect: 1 };
  const common = { enableDebug: ENABLE_DEBUG };
  const north = await startServerAgent({ tokens: POLICIES, settings: { ...common, region: 'north', server } });
  const { Members } = (await north.request('/v1/agent/members', { token: 'root' })).json() as {
    Members: { Addr: string; Port: number; Tags: { port: string } }[];
  };
  const [own] = Members;
  const client = { enabled: true, servers: [`127.0.0.1:${own?.Tags.port}`] };
  const worker = await startWorkerAgent({ tokens: POLICIES, settings: { ...common, region: 'north', client } });
  const dual = await startDevAgent({ tokens: POLICIES, settings: { ...common, region: 'global' } });
  const south = await startServerAgent({
    tokens: { ...POLICIES, 'of-south': 'agent { policy = "write" } node { policy = "write" }' },
    settings: {
      ...common,
      name: 'birch',
      region: 'south',
      server: { ...server, serverJoin: { retryJoin: [`127.0.0.1:${own?.Port}`] } },
    },
  });
  for (const [kind, agent] of Object.entries({ server: north, 'client agent': worker, 'both roles': dual })) {
    agents.set(kind, agent);
  }
  agents.set('another region’s server', south);
  await eventually(20_000, async () => {
    expect((await south.request('/v1/regions')).json()).toEqual(['north', 'south']);
    expect((await worker.request('/v1/nodes', { token: 'root' })).status).toBe(200);
  });
}, 60_000);
afterAll(() => Promise.all(Array.from(agents.values(), (agent) => agent.stop())));

const checkOf = (requirement: Requirement): AclCheck => {
  if (typeof requirement !== 'string') return requirement;
  return requirement === 'AgentDebug' ? { check: requirement, enableDebug: ENABLE_DEBUG } : { check: requirement };
};

/** Whether a token is enough, by the rule alone. */
function suffices(token: keyof typeof POLICIES, { acl }: AnyHttpRoute): boolean {
  const compiled = compileAcl([parsePolicy(POLICIES[token])]);
  const target = { query: new Query(''), path: { id: 'none', name: 'none' } };
  return (
    acl?.requires.every((each) => {
      const requirement = requirementOf(each, target);
      return requirement === undefined || allows(compiled, checkOf(requirement));
    }) === true
  );
}

const pathOf = ({ path }: AnyHttpRoute): string =>
  path
    .replace('/v1/agent/pprof/*', '/v1/agent/pprof/cmdline')
    .replace('/v1/agent/keyring/*', '/v1/agent/keyring/list')
    .replace(/:\w+\+?/, 'none')
    .replace(/\*$/, 'none');

/** Parameters without which a request is refused before anybody looks at the token. */
const PARAMETERS: Readonly<Record<string, string>> = {
  '/v1/agent/monitor/export': 'on_disk=true',
  '/v1/agent/servers': 'address=127.0.0.1:1',
};

/** Only the status: some answers never end. */
async function statusOf(agent: TestAgent, route: AnyHttpRoute, token: string, search: string): Promise<number> {
  const leave = new AbortController();
  const method = route.methods === 'any' ? 'GET' : (route.methods[0] ?? 'GET');
  const secret = token === 'not-a-uuid' ? token : secretOf(token);
  const query = [search, PARAMETERS[route.path] ?? ''].filter((text) => text !== '').join('&');
  const response = await fetch(`${agent.url}${pathOf(route)}?${query}`, {
    method,
    headers: token === '' ? {} : { 'X-Nomad-Token': secret },
    signal: leave.signal,
  });
  leave.abort();
  return response.status;
}

const KINDS = [
  ['server', ''],
  ['client agent', ''],
  ['both roles', ''],
  ['another region’s server', 'region=north'],
] as const;

describe.each(KINDS)('asked of a %s', (kind, search) => {
  test('every operation that needs a right is denied to all who lack it, and to nobody else', async () => {
    const agent = agents.get(kind) as TestAgent;
    const { agent: inner } = agent;
    const guarded = inner.routes.filter(({ acl }) => acl !== undefined && acl.requires.length > 0);
    expect(guarded.length).toBeGreaterThan(25);
    const wrong: string[] = [];
    for (const route of guarded) {
      const lacksRole = route.role !== undefined && kind === 'client agent' && route.role.needs === 'server';
      const isElsewhere = route.role?.needs === 'client' && (kind === 'server' || search !== '');
      if (lacksRole || isElsewhere) continue;
      const expectation = new Map<string, boolean>([
        ...USELESS.map((token): [string, boolean] => [token, false]),
        ...(Object.keys(POLICIES) as (keyof typeof POLICIES)[]).map((token): [string, boolean] => [
          token,
          suffices(token, route),
        ]),
        ['root', true],
      ]);
      for (const [token, isAllowed] of expectation) {
        // Only its own region knows it; where that passes the request on, it is checked again, in vain.
        const staysHere = ['this-agent', 'server'].includes(route.answeredBy?.kind ?? 'this-agent');
        if (token === 'of-south' && kind === 'another region’s server' && staysHere) continue;
        const status = await statusOf(agent, route, token, search);
        if ((status !== 403) !== isAllowed) wrong.push(`${route.path} as "${token}": ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);
});

test('what needs no right by its rule is listed, and is not denied to a bad credential by the gate', async () => {
  const agent = agents.get('both roles') as TestAgent;
  const open = agent.agent.routes.filter(({ acl, path }) => acl === undefined && !path.startsWith('/v1/acl/'));
  for (const route of open) expect(await statusOf(agent, route, 'not-a-uuid', '')).not.toBe(403);
  expect(open.map(({ path }) => path).toSorted()).toEqual([
    '/.well-known/jwks.json',
    '/.well-known/openid-configuration',
    '/debug/pprof/*',
    '/ui/*',
    '/v1/agent/health',
    '/v1/regions',
    '/v1/status/leader',
    '/v1/status/peers',
  ]);
});
