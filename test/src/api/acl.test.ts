import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestAgent } from './test-agent.js';
import { secretOf, SPEC_TOKENS, startDevAgent, startServerAgent } from './test-agent.js';

const UNKNOWN_ID = '11111111-2222-3333-4444-555555555555';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let agent: TestAgent;
beforeAll(async () => {
  agent = await startServerAgent({ tokens: { ...SPEC_TOKENS, dev: 'namespace "dev" { policy = "read" }' } });
});
afterAll(() => agent.stop());

type Body = Readonly<Record<string, unknown>>;
const send = (method: string, path: string, token: string, body?: Body) =>
  agent.request(path, {
    method,
    ...(token === '' ? {} : { token }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const get = (path: string, token = '') => send('GET', path, token);
const put = (path: string, body: Body | undefined, token = 'root') => send('PUT', path, token, body);
const del = (path: string, token = 'root') => send('DELETE', path, token);
const made = async (path: string, body: Body): Promise<Record<string, never>> => {
  const reply = await put(path, body);
  expect(reply).toMatchObject({ status: 200 });
  return reply.json();
};
const denied = { status: 403, text: 'Permission denied' };

describe('policies', () => {
  test('A8: nothing of this is there while ACLs are off', async () => {
    const open = await startServerAgent();
    for (const path of ['/v1/acl/policies', '/v1/acl/tokens', '/v1/acl/roles', '/v1/acl/token/x']) {
      expect(await open.request(path)).toMatchObject({ status: 400, text: 'ACL support disabled' });
    }
    expect((await open.request('/v1/acl/bootstrap', { method: 'PUT' })).text).toBe('ACL support disabled');
    expect((await open.request('/v1/acl/token/self')).json()).toMatchObject({ AccessorID: 'acls-disabled' });
    expect(await open.request('/v1/acl/policy/self', { token: 'x' })).toMatchObject(denied);
    await open.stop();
  });

  test('A10 A11: the anonymous caller sees the policy anonymous, when there is one', async () => {
    expect((await get('/v1/acl/policies')).json()).toEqual([]);
    expect(await get('/v1/acl/policy/anonymous')).toMatchObject({ status: 404, text: 'ACL policy not found' });
    await put('/v1/acl/policy/anonymous', { Name: 'anonymous', Rules: 'node { policy = "read" }' });
    expect((await get('/v1/acl/policies')).json()).toMatchObject([{ Name: 'anonymous' }]);
    expect((await get('/v1/nodes')).status).toBe(200);
    await del('/v1/acl/policy/anonymous');
    expect(await get('/v1/nodes')).toMatchObject(denied);
  });

  test('A12 A13 A14: who has a policy by name sees that it is gone, others see nothing', async () => {
    expect((await get('/v1/acl/policy/dev', 'dev')).json()).toMatchObject({
      Name: 'dev',
      Rules: 'namespace "dev" { policy = "read" }',
      RulesJSON: { Namespaces: [{ Name: 'dev', Policy: 'read' }], Agent: null },
    });
    expect(await get('/v1/acl/policy/dev', 'agent-read')).toMatchObject(denied);
    expect(await get('/v1/acl/policy/none', 'agent-read')).toMatchObject(denied);
    await del('/v1/acl/policy/dev');
    expect(await get('/v1/acl/policy/dev', 'dev')).toMatchObject({ status: 404, text: 'ACL policy not found' });
    await put('/v1/acl/policy/dev', { Name: 'dev', Rules: 'namespace "dev" { policy = "read" }' });
  });

  test('A15 A16 A17: the caller’s own', async () => {
    expect(await get('/v1/acl/policy/self')).toMatchObject(denied);
    expect((await get('/v1/acl/policy/self', 'dev')).json()).toMatchObject([{ Name: 'dev' }]);
    expect(await put('/v1/acl/policy/self', { Name: 'self' })).toMatchObject({ status: 405, text: 'Invalid method' });
    expect((await get('/v1/acl/policies', 'dev')).json()).toMatchObject([{ Name: 'dev' }]);
    expect((await get('/v1/acl/policies', 'root')).json()).toHaveLength(Object.keys(SPEC_TOKENS).length + 1);
    expect((await get('/v1/acl/policies?prefix=agent-', 'root')).json()).toMatchObject([
      { Name: 'agent-read' },
      { Name: 'agent-write' },
    ]);
  });

  test.each<[string, string, Body | undefined, number, string]>([
    ['A18', 'a', { Name: 'b' }, 400, 'ACL policy name does not match request path'],
    ['A19', 'a', undefined, 400, 'Request body is empty'],
    [
      'A20',
      'a',
      { Name: 'a', Rules: 'invalid' },
      400,
      'policy 0 invalid: 1 error occurred:\n\t* failed to parse rules: ',
    ],
    ['A23', 'a', { Name: 'a', JobACL: { JobID: 'j' } }, 400, 'namespace must be set to set job ID'],
    ['name', 'a_b', { Name: 'a_b' }, 400, "policy 0 invalid: 1 error occurred:\n\t* invalid name 'a_b'\n\n"],
    ['description', 'a', { Name: 'a', Description: 'x'.repeat(257) }, 400, 'description longer than 256'],
    ['wrong type', 'a', { Name: 'a', Rules: 7 }, 400, 'Rules'],
  ])('%s: %s %j is %i', async (_, name, body, status, text) => {
    const reply = await put(`/v1/acl/policy/${name}`, body);
    expect(reply.status).toBe(status);
    expect(reply.text).toContain(text);
  });

  test('A21 A22 A24: others may not write, empty rules grant nothing, and deleting nothing succeeds', async () => {
    expect(await put('/v1/acl/policy/a', { Name: 'a' }, 'dev')).toMatchObject(denied);
    expect(await put('/v1/acl/policy/empty', { Name: 'empty', Rules: '' })).toMatchObject({ status: 200, text: '' });
    expect((await get('/v1/acl/policy/empty', 'root')).json()).toMatchObject({ Rules: '' });
    expect(await del('/v1/acl/policy/empty')).toMatchObject({ status: 200, text: '' });
    expect(await del('/v1/acl/policy/empty')).toMatchObject({ status: 200, text: '' });
    expect(await get('/v1/acl/policy/', 'root')).toMatchObject({ status: 400, text: 'Missing Policy Name' });
  });

  test('a change counts from the next request on', async () => {
    await put('/v1/acl/policy/agent-read', { Name: 'agent-read', Rules: 'agent { policy = "deny" }' });
    expect(await get('/v1/agent/self', 'agent-read')).toMatchObject(denied);
    await put('/v1/acl/policy/agent-read', { Name: 'agent-read', Rules: 'agent { policy = "read" }' });
    expect((await get('/v1/agent/self', 'agent-read')).status).toBe(200);
  });

  test('a blocking read waits for a change, and has its index', async () => {
    const before = await get('/v1/acl/policies', 'root');
    const index = Number(before.headers.get('x-nomad-index'));
    const waiting = get(`/v1/acl/policies?index=${index}&wait=30s`, 'root');
    await put('/v1/acl/policy/news', { Name: 'news' });
    const after = await waiting;
    expect(after.json()).toContainEqual(expect.objectContaining({ Name: 'news' }));
    expect(Number(after.headers.get('x-nomad-index'))).toBeGreaterThan(index);
    await del('/v1/acl/policy/news');
  });
});

describe('tokens', () => {
  test.each(['', 'unknown', 'abc', 'expired', 'dev'])('A1 A2 A3 A4: the list is not for "%s"', async (token) => {
    expect(await get('/v1/acl/tokens', token)).toMatchObject(denied);
  });

  test('A5 A6 A9: the caller’s own', async () => {
    expect(await get('/v1/acl/token/self', 'expired')).toMatchObject({ status: 500, text: 'ACL token expired' });
    expect((await get('/v1/acl/token/self')).json()).toEqual({
      AccessorID: 'anonymous',
      CreateIndex: 0,
      CreateTime: '0001-01-01T00:00:00Z',
      ExpirationTTL: '',
      ExpirationTime: null,
      Global: false,
      Hash: null,
      ModifyIndex: 0,
      Name: 'Anonymous Token',
      Policies: ['anonymous'],
      Roles: null,
      SecretID: '',
      Type: 'client',
    });
    expect(await get('/v1/acl/token/self', 'abc')).toMatchObject({
      status: 500,
      text: expect.stringMatching(/^failed to parse signed token: /),
    });
    expect(await get('/v1/acl/token/self', 'unknown')).toMatchObject(denied);
    expect((await get('/v1/acl/token/self', 'dev')).json()).toMatchObject({
      SecretID: secretOf('dev'),
      Policies: ['dev'],
      Type: 'client',
    });
  });

  test('one that is made has what it was asked for', async () => {
    await made('/v1/acl/role', { Name: 'ops', Policies: [{ Name: 'dev' }] });
    const token = await made('/v1/acl/token', {
      Name: 'ci',
      Type: 'client',
      Policies: ['deploy'],
      Roles: [{ Name: 'ops' }],
      ExpirationTTL: '8h',
    });
    expect(token).toMatchObject({
      AccessorID: expect.stringMatching(UUID),
      SecretID: expect.stringMatching(UUID),
      ExpirationTTL: '8h0m0s',
      Policies: ['deploy'],
      Roles: [{ ID: expect.stringMatching(UUID), Name: 'ops' }],
      Global: false,
    });
    const { CreateTime, ExpirationTime } = token;
    expect(Date.parse(ExpirationTime ?? '') - Date.parse(CreateTime ?? '')).toBe(8 * 3_600_000);
    expect((await get(`/v1/acl/token/${token['AccessorID']}`, 'root')).json()).toEqual(token);
    await del(`/v1/acl/token/${token['AccessorID']}`);
  });

  test.each<[string, Body, string]>([
    ['A25', { Type: 'client' }, 'token 0 invalid: 1 error occurred:\n\t* client token missing policies or roles\n\n'],
    ['A26', { Type: 'management', Policies: ['a'] }, 'management token cannot be associated with policies or roles'],
    ['type', { Type: 'admin' }, 'token type must be client or management'],
    ['A28', { Type: 'management', ExpirationTTL: '25h' }, 'more than 24h0m0s in the future (was 25h0m0s)'],
    [
      'A29',
      { Type: 'management', ExpirationTTL: '-5m' },
      "3 errors occurred:\n\t* token expiration TTL '-5m0s' should",
    ],
    ['role', { Type: 'client', Roles: [{ Name: 'none' }] }, 'cannot find role none'],
    ['name', { Type: 'management', Name: 'x'.repeat(257) }, 'token name too long'],
    ['duration', { Type: 'management', ExpirationTTL: 'soon' }, 'time: invalid duration'],
  ])('%s: %j is refused', async (_, body, text) => {
    const reply = await put('/v1/acl/token', body);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain(text);
  });

  test('A30 A31 A32 A36: what of a token cannot be changed', async () => {
    const root = (await get('/v1/acl/token/self', 'root')).json() as Record<string, unknown>;
    const path = `/v1/acl/token/${String(root['AccessorID'])}`;
    expect((await put(path, { ...root, Global: false })).text).toContain('cannot toggle global mode');
    const token = await made('/v1/acl/token', { Type: 'management', ExpirationTTL: '1h' });
    const own = `/v1/acl/token/${String(token['AccessorID'])}`;
    expect((await put(own, { AccessorID: token['AccessorID'], Type: 'management' })).text).toContain(
      'cannot update expiration TTL',
    );
    const renamed = await made(own, { ...token, Name: 'new', SecretID: UNKNOWN_ID });
    expect(renamed).toMatchObject({ Name: 'new', SecretID: token['SecretID'], CreateIndex: token['CreateIndex'] });
    await del(own);
  });

  test('A33 A34 A35: one can be taken over from elsewhere, unless it is management', async () => {
    const [accessor, secret] = [secretOf('new accessor'), secretOf('new secret')];
    const path = `/v1/acl/token/${accessor}`;
    const body = { AccessorID: accessor, SecretID: secret, Type: 'client', Policies: ['dev'] };
    expect((await put('/v1/acl/token/x', body)).text).toBe('ACL token accessor does not match request path');
    expect(await put(path, { ...body, Type: 'management', Policies: [] })).toMatchObject({
      status: 400,
      text: `cannot find token ${accessor}`,
    });
    expect(await made(path, body)).toMatchObject({ AccessorID: accessor, SecretID: secret });
    expect((await put(path.replace(accessor, UNKNOWN_ID), { ...body, AccessorID: UNKNOWN_ID })).text).toBe(
      'token secret is already in use',
    );
    expect((await del(path)).status).toBe(200);
  });

  test('A37: those that are not there cannot be deleted', async () => {
    expect(await del(`/v1/acl/token/${UNKNOWN_ID}`)).toMatchObject({
      status: 400,
      text: `Cannot delete nonexistent tokens: ${UNKNOWN_ID}`,
    });
    expect(await del('/v1/acl/token/x')).toMatchObject({
      status: 400,
      text: 'token lookup failed: acl token lookup failed: index error: UUID must be 36 characters',
    });
  });

  test('A38 A39: its holder and management see a token, nobody else learns of it', async () => {
    const { AccessorID } = (await get('/v1/acl/token/self', 'dev')).json() as { AccessorID: string };
    expect((await get(`/v1/acl/token/${AccessorID}`, 'dev')).json()).toMatchObject({ SecretID: secretOf('dev') });
    expect(await get(`/v1/acl/token/${AccessorID}`, 'agent-read')).toMatchObject(denied);
    expect(await get(`/v1/acl/token/${UNKNOWN_ID}`, 'dev')).toMatchObject(denied);
    expect(await get(`/v1/acl/token/${UNKNOWN_ID}`, 'root')).toMatchObject({
      status: 404,
      text: 'ACL token not found',
    });
    expect(await get('/v1/acl/token/x', 'root')).toMatchObject({
      status: 500,
      text: 'acl token lookup failed: index error: UUID must be 36 characters',
    });
    expect(await get('/v1/acl/token/', 'root')).toMatchObject({ status: 400, text: 'Missing Token Accessor' });
  });

  test('A52: the list comes in pages in order of creation, without secrets, filtered and reversed', async () => {
    const all = (await get('/v1/acl/tokens', 'root')).json() as { AccessorID: string; CreateIndex: number }[];
    expect(JSON.stringify(all)).not.toContain('SecretID');
    const indexes = all.map(({ CreateIndex }) => CreateIndex);
    expect(indexes).toEqual(indexes.toSorted((a, b) => a - b));
    const seen: string[] = [];
    let next: string | null = '';
    do {
      const page = await get(`/v1/acl/tokens?per_page=2&next_token=${next}`, 'root');
      seen.push(...(page.json() as { AccessorID: string }[]).map(({ AccessorID }) => AccessorID));
      next = page.headers.get('x-nomad-nexttoken');
    } while (next !== null);
    expect(seen).toEqual(all.map(({ AccessorID }) => AccessorID));
    const reversed = (await get('/v1/acl/tokens?reverse=true', 'root')).json() as { AccessorID: string }[];
    expect(reversed.map(({ AccessorID }) => AccessorID)).toEqual(seen.toReversed());
    const filter = encodeURIComponent('Name == "dev"');
    expect((await get(`/v1/acl/tokens?filter=${filter}`, 'root')).json()).toMatchObject([{ Name: 'dev' }]);
    const [first] = seen;
    expect((await get(`/v1/acl/tokens?prefix=${first?.slice(0, 4)}`, 'root')).json()).toContainEqual(
      expect.objectContaining({ AccessorID: first }),
    );
    expect((await get('/v1/acl/tokens?prefix=abc', 'root')).status).toBe(500);
  });

  test('a deleted token is refused by the next request, and a stream that it began ends within a second', async () => {
    const token = await made('/v1/acl/token', { Type: 'client', Policies: ['agent-read'] });
    const headers = { 'X-Nomad-Token': String(token['SecretID']) };
    const stream = await fetch(`${agent.url}/v1/agent/monitor?log_level=error&plain=true`, { headers });
    expect(stream.status).toBe(200);
    const ended = stream.text();
    await del(`/v1/acl/token/${String(token['AccessorID'])}`);
    const deletedAt = performance.now();
    expect((await fetch(`${agent.url}/v1/agent/self`, { headers })).status).toBe(403);
    await ended;
    expect(performance.now() - deletedAt).toBeLessThan(1_500);
  });

  test('a stream ends when its token expires, and so does a profile', async () => {
    const token = await made('/v1/acl/token', { Type: 'client', Policies: ['agent-write'], ExpirationTTL: '1s' });
    const headers = { 'X-Nomad-Token': String(token['SecretID']) };
    const stream = await fetch(`${agent.url}/v1/agent/monitor?log_level=error&plain=true`, { headers });
    const profile = fetch(`${agent.url}/v1/agent/pprof/profile?seconds=30`, { headers });
    await stream.text();
    expect((await profile).status).toBe(403);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(String(token['ExpirationTime'])) - 1);
  });
});

describe('how a caller shows a token', () => {
  test.each<[string, Record<string, string>, number]>([
    ['A50: the header counts before the scheme', { 'X-Nomad-Token': 'dev', Authorization: 'Bearer root' }, 403],
    ['A51: only the first word of a bearer', { Authorization: 'bearer  root extra' }, 200],
    ['a bearer alone', { Authorization: 'Bearer root' }, 200],
    ['another scheme', { Authorization: 'Basic root' }, 403],
    ['the empty header does not count', { 'X-Nomad-Token': '', Authorization: 'Bearer root' }, 200],
  ])('%s', async (_, headers, status) => {
    const shown = Object.entries(headers).map(([name, value]) => [
      name,
      value.replace('root', secretOf('root')).replace(/^dev$/, secretOf('dev')),
    ]);
    const reply = await fetch(`${agent.url}/v1/acl/tokens`, {
      headers: Object.fromEntries(shown) as Record<string, string>,
    });
    expect(reply.status).toBe(status);
  });

  test('A53 A54: an expired one is refused everywhere', async () => {
    expect(await put('/v1/agent/force-leave?node=x', undefined, 'expired')).toMatchObject({
      status: 403,
      text: 'ACL token expired',
    });
    expect(await get('/v1/agent/self', 'expired')).toMatchObject({
      status: 403,
      text: 'ACL token not found or invalid workload identity: ACL token expired',
    });
  });
});

describe('bootstrap', () => {
  test('A40 A41: it works once, with the secret that is asked for', async () => {
    const fresh = await startServerAgent({ settings: { acl: { enabled: true } } });
    const bootstrap = (body: string) => fresh.request('/v1/acl/bootstrap', { method: 'PUT', body });
    expect(await bootstrap('{"BootstrapSecret":"abc"}')).toMatchObject({ status: 400, text: 'invalid acl token' });
    expect(await bootstrap('[1]')).toMatchObject({
      status: 400,
      text: expect.stringMatching(/^failed to decode request body: /),
    });
    const first = await bootstrap(`{"BootstrapSecret":"${secretOf('mine')}"}`);
    expect(first.json()).toMatchObject({
      Name: 'Bootstrap Token',
      Type: 'management',
      Global: true,
      SecretID: secretOf('mine'),
      Policies: null,
    });
    expect(await bootstrap('')).toMatchObject({
      status: 400,
      text: expect.stringMatching(/^ACL bootstrap already done \(reset index: \d+\)$/),
    });
    await fresh.stop();
  });
});

describe('one-time tokens', () => {
  const exchange = (secret: unknown) => put('/v1/acl/token/onetime/exchange', { OneTimeSecretID: secret }, '');

  test('A43: one is exchanged once for the token of its maker', async () => {
    const reply = await put('/v1/acl/token/onetime', undefined, 'dev');
    const { OneTimeToken } = reply.json() as { OneTimeToken: Record<string, string> };
    expect(OneTimeToken).toMatchObject({ OneTimeSecretID: expect.stringMatching(UUID) });
    const first = await exchange(OneTimeToken['OneTimeSecretID']);
    expect(first.json()).toMatchObject({ Token: { SecretID: secretOf('dev') } });
    expect(await exchange(OneTimeToken['OneTimeSecretID'])).toMatchObject(denied);
  });

  test('A44: nobody and the unknown get none, and a new one takes the place of the old', async () => {
    expect(await put('/v1/acl/token/onetime', undefined, '')).toMatchObject({
      status: 500,
      text: 'acl token lookup failed: missing secret id',
    });
    expect(await put('/v1/acl/token/onetime', undefined, 'unknown')).toMatchObject(denied);
    const secret = async (): Promise<string> => {
      const reply = await put('/v1/acl/token/onetime', undefined, 'dev');
      return (reply.json() as { OneTimeToken: { OneTimeSecretID: string } }).OneTimeToken.OneTimeSecretID;
    };
    const [old, young] = [await secret(), await secret()];
    expect(await exchange(old)).toMatchObject(denied);
    expect((await exchange(young)).status).toBe(200);
    expect(await exchange('')).toMatchObject({ status: 500, text: 'one-time token lookup failed: missing secret' });
    expect(await exchange(UNKNOWN_ID)).toMatchObject(denied);
  });
});

describe('roles', () => {
  test('A45 A46: what a role must have', async () => {
    expect(await put('/v1/acl/role', { Name: 'r1', Policies: [{ Name: 'none' }] })).toMatchObject({
      status: 400,
      text: 'cannot find policy none',
    });
    const role = { Name: 'twice', Policies: [{ Name: 'dev' }] };
    await made('/v1/acl/role', role);
    expect(await put('/v1/acl/role', role)).toMatchObject({
      status: 400,
      text: 'role with name twice already exists',
    });
    expect((await put('/v1/acl/role', { Name: 'a_b' })).text).toBe(
      "role 0 invalid: 2 errors occurred:\n\t* invalid name 'a_b'\n\t* at least one policy should be specified\n\n",
    );
    expect((await put('/v1/acl/role', { ...role, ID: UNKNOWN_ID })).text).toBe(`cannot find role ${UNKNOWN_ID}`);
  });

  test('A47 A48 A49: reads are for those who have the role', async () => {
    const role = await made('/v1/acl/role', { Name: 'linked', Policies: [{ Name: 'dev' }] });
    const token = await made('/v1/acl/token', { Type: 'client', Roles: [{ ID: role['ID'] }] });
    const own = { headers: { 'X-Nomad-Token': String(token['SecretID']) } };
    expect((await agent.request('/v1/acl/role/name/linked', own)).json()).toEqual(role);
    expect((await agent.request(`/v1/acl/role/${String(role['ID'])}`, own)).json()).toEqual(role);
    expect((await agent.request('/v1/acl/roles', own)).json()).toEqual([role]);
    expect((await agent.request('/v1/acl/policies', own)).json()).toMatchObject([{ Name: 'dev' }]);
    expect(await get('/v1/acl/role/name/linked', 'dev')).toMatchObject(denied);
    expect((await get('/v1/acl/roles', 'dev')).json()).toEqual([]);
    expect(await get(`/v1/acl/role/${UNKNOWN_ID}`, 'dev')).toMatchObject(denied);
    expect(await get(`/v1/acl/role/${UNKNOWN_ID}`, 'root')).toMatchObject({ status: 404, text: 'ACL role not found' });
    expect(await get('/v1/acl/role/a/b', 'root')).toMatchObject({ status: 400, text: 'invalid URI' });
    expect(await get('/v1/acl/role/', 'root')).toMatchObject({ status: 400, text: 'missing ACL role ID' });
    expect(await del(`/v1/acl/role/${UNKNOWN_ID}`)).toMatchObject({ status: 500, text: 'ACL role not found' });

    const path = `/v1/acl/role/${String(role['ID'])}`;
    expect((await put(path, { ...role, ID: UNKNOWN_ID })).text).toBe('ACL role ID does not match request path');
    expect(await made(path, { ...role })).toMatchObject({ ModifyIndex: role['ModifyIndex'] });
    expect(await made(path, { ...role, Name: 'renamed' })).toMatchObject({ Name: 'renamed' });
    expect((await agent.request('/v1/acl/token/self', own)).json()).toMatchObject({
      Roles: [{ ID: role['ID'], Name: 'renamed' }],
    });
    await del(path);
    expect((await agent.request('/v1/acl/token/self', own)).json()).toMatchObject({ Roles: null });
    expect((await agent.request('/v1/acl/policies', own)).json()).toEqual([]);
  });
});

test.each(['/v1/acl/auth-methods', '/v1/acl/binding-rule/x', '/v1/acl/login', '/v1/acl/oidc/auth-url'])(
  '%s is said not to be supported',
  async (path) => {
    expect(await put(path, {})).toMatchObject({ status: 501, text: expect.stringMatching(/ are not supported$/) });
  },
);

test('what is denied is told in the log, with the request’s id and reason, and without the secret', async () => {
  const dev = await startDevAgent({ tokens: SPEC_TOKENS });
  await dev.request('/v1/agent/self?secret=hidden', { token: 'node-read' });
  await dev.request('/v1/agent/self', { token: 'unknown' });
  const lines = dev.log.filter((line) => line.includes('request denied'));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(
    /request denied: request_id=[0-9a-f-]{36} method=GET path=\/v1\/agent\/self caller=token:[0-9a-f-]{36} reason="lacks AgentRead"/,
  );
  expect(lines[1]).toMatch(/reason="Permission denied"/);
  expect(lines.join('')).not.toContain('hidden');
  const text = dev.log.join('');
  for (const hidden of [secretOf('node-read'), secretOf('unknown'), secretOf('root')]) {
    expect(text).not.toContain(hidden);
  }
  await dev.stop();
});
