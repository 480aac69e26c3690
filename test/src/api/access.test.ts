import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestAgent } from './test-agent.js';
import { SPEC_TOKENS, startDevAgent } from './test-agent.js';

let agent: TestAgent;
beforeAll(async () => {
  agent = await startDevAgent({ tokens: SPEC_TOKENS });
});
afterAll(() => agent.stop());

const ownRpc = async (): Promise<string> => {
  const [server] = (await agent.request('/v1/agent/servers', { token: 'root' })).json() as string[];
  return server ?? '';
};

describe('who may do what, ACLs on (rows M2 M3 S3 V3 V4 F2 O2 N7 W4 W6 W8 R2 K2 P2 P3)', () => {
  type Row = readonly [
    row: string,
    method: string,
    path: string,
    body: string | undefined,
    statuses: Readonly<Record<string, number>>,
  ];
  const config = '{"num_schedulers":1,"enabled_schedulers":["_core","batch"]}';
  const rows: readonly Row[] = [
    ['M2 M3', 'GET', '/v1/agent/members', undefined, { '': 403, 'agent-write': 403, 'node-read': 200, root: 200 }],
    ['S3', 'GET', '/v1/agent/self', undefined, { '': 403, 'node-write': 403, 'agent-write': 200, root: 200 }],
    ['V4', 'GET', '/v1/agent/servers', undefined, { '': 403, 'node-read': 403, 'agent-read': 200, root: 200 }],
    [
      'F2',
      'PUT',
      '/v1/agent/force-leave?node=foo',
      undefined,
      { '': 403, 'node-read': 403, 'agent-write': 200, root: 200 },
    ],
    ['O2', 'GET', '/v1/agent/host', undefined, { '': 403, unrelated: 403, 'agent-read': 200, root: 200 }],
    ['N7', 'GET', '/v1/agent/monitor/export?on_disk=true', undefined, { '': 403, unrelated: 403, 'agent-read': 400 }],
    [
      'P2 P3',
      'GET',
      '/v1/agent/pprof/cmdline',
      undefined,
      { '': 403, 'agent-read': 403, 'agent-write': 200, root: 200 },
    ],
    ['W4', 'GET', '/v1/agent/schedulers', undefined, { '': 403, 'node-write': 403, 'agent-read': 200, root: 200 }],
    [
      'W4 config',
      'GET',
      '/v1/agent/schedulers/config',
      undefined,
      { '': 403, 'node-write': 403, 'agent-read': 200, root: 200 },
    ],
    [
      'W6',
      'PUT',
      '/v1/agent/schedulers/config',
      config,
      { '': 403, 'node-write': 403, 'agent-read': 403, 'agent-write': 200 },
    ],
    ['W8', 'PUT', '/v1/agent/schedulers/config', '{"num_schedulers":-1}', { 'node-write': 403, 'agent-write': 400 }],
    ['R2', 'PUT', '/v1/agent/reload', undefined, { '': 403, 'node-write': 403, 'agent-read': 403, 'agent-write': 200 }],
    ['K2', 'GET', '/v1/agent/keyring/list', undefined, { '': 403, 'agent-read': 403, 'agent-write': 500, root: 500 }],
    ['snapshot', 'GET', '/v1/operator/snapshot', undefined, { '': 403, 'agent-write': 403, root: 200 }],
    ['snapshot', 'PUT', '/v1/operator/snapshot', 'hello', { '': 403, 'agent-write': 403, root: 400 }],
    ['peers', 'GET', '/v1/operator/raft/configuration', undefined, { '': 403, 'agent-write': 403, root: 200 }],
    ['nodes', 'GET', '/v1/nodes', undefined, { '': 403, 'agent-write': 403, 'node-read': 200, root: 200 }],
    [
      'eligibility',
      'PUT',
      '/v1/node/none/eligibility',
      '{"Eligibility":"eligible"}',
      { '': 403, 'node-read': 403, 'node-write': 404 },
    ],
    ['drain', 'PUT', '/v1/node/none/drain', '{}', { '': 403, 'node-read': 403, 'node-write': 404 }],
  ];
  const cases = rows.flatMap(([row, method, path, body, statuses]) =>
    Object.entries(statuses).map(([token, status]) => ({ row, method, path, body, token, status })),
  );

  test.each(cases)('$row: $method $path as "$token" is $status', async ({ method, path, body, token, status }) => {
    const reply = await agent.request(path, {
      method,
      ...(body === undefined ? {} : { body }),
      ...(token === '' ? {} : { token }),
    });
    expect(reply.status).toBe(status);
    if (status === 403) expect(reply.text).toBe('Permission denied');
  });

  test.each([
    ['', 403],
    ['node-read', 403],
    ['agent-write', 200],
    ['root', 200],
  ])('V3: PUT /v1/agent/servers of its own address as "%s" is %i', async (token, status) => {
    const address = encodeURIComponent(await ownRpc());
    const reply = await agent.request(`/v1/agent/servers?address=${address}`, {
      method: 'PUT',
      ...(token === '' ? {} : { token }),
    });
    expect(reply).toMatchObject({ status, text: status === 200 ? '' : 'Permission denied' });
  });
});

describe('credentials that do not resolve', () => {
  const explained = 'ACL token not found or invalid workload identity: ';
  test.each([
    ['/v1/agent/self', 'unknown', 'Permission denied'],
    ['/v1/agent/self', 'expired', `${explained}ACL token expired`],
    ['/v1/agent/self', 'garbage', `${explained}failed to parse signed token: not a UUID and not a signed token`],
    ['/v1/agent/schedulers', 'unknown', 'Permission denied'],
    ['/v1/agent/schedulers', 'expired', 'ACL token expired'],
    ['/v1/agent/schedulers', 'garbage', 'failed to parse signed token: not a UUID and not a signed token'],
    ['/v1/agent/members', 'expired', 'Permission denied'],
    ['/v1/agent/pprof/heap', 'garbage', 'Permission denied'],
    ['/v1/agent/monitor', 'unknown', 'Permission denied'],
    ['/v1/agent/monitor', 'expired', 'Permission denied'],
    ['/v1/agent/servers', 'expired', 'ACL token expired'],
  ])('GET %s with the token "%s" is a 403', async (path, token, text) => {
    expect(await agent.request(path, { token })).toMatchObject({ status: 403, text });
  });

  test.each(['/v1/agent/health', '/v1/status/leader', '/v1/status/peers', '/v1/regions'])(
    '%s never looks at them',
    async (path) => {
      expect((await agent.request(path, { token: 'garbage' })).status).toBe(200);
      expect((await agent.request(path)).status).toBe(200);
    },
  );
});

describe('joining without the right to (row J1)', () => {
  const joinTwice = async (asked: TestAgent, token?: string) => {
    const { Members } = (await asked.request('/v1/agent/members', { token: 'root' })).json() as {
      Members: { Addr: string; Port: number }[];
    };
    const own = `${Members[0]?.Addr}:${Members[0]?.Port}`;
    const credential = token === undefined ? {} : { token };
    return asked.request(`/v1/agent/join?address=${own}&address=${own}`, { method: 'PUT', ...credential });
  };

  test('is refused', async () => {
    expect(await joinTwice(agent)).toMatchObject({ status: 403, text: 'Permission denied' });
    expect(await joinTwice(agent, 'agent-read')).toMatchObject({ status: 403, text: 'Permission denied' });
    expect((await joinTwice(agent, 'agent-write')).json()).toEqual({ error: '', num_joined: 2, warning: '' });
  });

  test('joins and warns where the configuration asks for what the reference does', async () => {
    const lenient = await startDevAgent({ tokens: SPEC_TOKENS, settings: { server: { allowAnonymousJoin: true } } });
    expect((await joinTwice(lenient)).json()).toEqual({
      error: '',
      num_joined: 2,
      warning: 'anonymous server join is deprecated and will be removed in a future version of Nomad',
    });
    expect((await joinTwice(lenient, 'agent-write')).json()).toMatchObject({ warning: '' });
    await lenient.stop();
  });
});

test('H1: health needs no token while ACLs are on', async () => {
  const reply = await agent.request('/v1/agent/health');
  expect(reply.text).toBe('{"client":{"message":"ok","ok":true},"server":{"message":"ok","ok":true}}');
});

test('every operation that changes something demands a right', () => {
  const open = agent.agent.routes.filter(
    ({ acl, methods }) =>
      acl === undefined && methods !== 'any' && methods.some((method) => method !== 'GET' && method !== 'HEAD'),
  );
  expect(open.map(({ path }) => path).toSorted()).toEqual(
    [
      // Whoever is first, and whoever has a file on the server, is in charge.
      '/v1/acl/bootstrap',
      // They look at the caller themselves: everybody has rights of their own there.
      '/v1/acl/token/onetime',
      '/v1/acl/token/onetime/exchange',
      // They change nothing: what they are about is missing, or not supported.
      '/v1/acl/policy/',
      '/v1/acl/role/',
      '/v1/acl/token/',
      '/v1/acl/auth-method',
      '/v1/acl/auth-method/*',
      '/v1/acl/auth-methods',
      '/v1/acl/binding-rule',
      '/v1/acl/binding-rule/*',
      '/v1/acl/binding-rules',
      '/v1/acl/identity/client-introduction-token',
      '/v1/acl/login',
      '/v1/acl/oidc/*',
    ].toSorted(),
  );
});
