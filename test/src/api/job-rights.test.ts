import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SchedulingAgent } from './scheduling-agent.js';
import { jobOf, startSchedulingAgent, uuidOf } from './scheduling-agent.js';

const TOKENS = {
  reader: 'namespace "default" { policy = "read" }',
  writer: 'namespace "default" { policy = "write" }',
  team: 'namespace "team" { policy = "write" }',
  lister: 'namespace "team" { capabilities = ["list-jobs"] }',
  registrar: 'namespace "team" { capabilities = ["register-job"] }',
  stopper: 'namespace "default" { capabilities = ["deregister-job"] }',
  purger: 'namespace "default" { capabilities = ["purge-job"] }',
  pools: 'node_pool "gpu*" { policy = "write" } node { policy = "write" }',
};

let agent: SchedulingAgent;
beforeAll(async () => {
  agent = await startSchedulingAgent({
    tokens: TOKENS,
    settings: { server: { enabled: true, bootstrapExpect: 1, numSchedulers: 0 } },
  });
  await agent.put('/v1/namespace', { Name: 'team' }, 'root');
  for (const namespace of ['default', 'team']) {
    const job = jobOf('web', { Namespace: namespace });
    expect((await agent.put('/v1/jobs', { Job: job }, 'root')).status).toBe(200);
  }
  await agent.placeAllocation({ id: uuidOf(1), jobId: 'web', nodeId: uuidOf(9), clientStatus: 'running' });
  await agent.placeAllocation({
    id: uuidOf(2),
    jobId: 'web',
    nodeId: uuidOf(9),
    namespace: 'team',
    clientStatus: 'running',
  });
  await agent.placeEvaluation({ id: uuidOf(3), jobId: 'web', namespace: 'team', status: 'complete' });
});
afterAll(() => agent.stop());

type Token = keyof typeof TOKENS | '';
const statusOf = async (token: Token, path: string, init: RequestInit = {}): Promise<number> =>
  (await agent.request(path, { ...init, ...(token === '' ? {} : { token }) })).status;

test.each<[Token, string, number]>([
  ['reader', '/v1/job/web', 200],
  ['reader', '/v1/job/web?namespace=team', 403],
  ['team', '/v1/job/web?namespace=team', 200],
  ['lister', '/v1/job/web?namespace=team', 403],
  ['lister', '/v1/jobs?namespace=team', 200],
  ['lister', '/v1/jobs', 403],
  ['', '/v1/jobs', 403],
  ['', '/v1/jobs?namespace=*', 403],
  ['reader', `/v1/allocation/${uuidOf(1)}`, 200],
  // Of a namespace of others: as if it did not exist, and denied where nothing may be read at all.
  ['reader', `/v1/allocation/${uuidOf(2)}`, 404],
  ['lister', `/v1/allocation/${uuidOf(2)}?namespace=team`, 403],
  ['reader', `/v1/evaluation/${uuidOf(3)}`, 404],
  ['team', `/v1/evaluation/${uuidOf(3)}?namespace=team`, 200],
  ['reader', '/v1/namespace/default', 200],
  ['reader', '/v1/namespace/team', 403],
  ['pools', '/v1/node/pool/gpu1', 404],
  ['pools', '/v1/node/pool/default', 403],
  ['pools', '/v1/node/pool/gpu1/nodes', 404],
  ['reader', '/v1/node/pool/gpu1/nodes', 403],
])('"%s" asks for %s: %i', async (token, path, status) => {
  expect(await statusOf(token, path)).toBe(status);
});

test('all namespaces stands for those that the caller may read', async () => {
  const seen = async (token: Token, path: string) =>
    (await agent.get<readonly { readonly Namespace?: string; readonly Name?: string }[]>(path, token)).map(
      ({ Namespace, Name }) => Namespace ?? Name,
    );
  expect(await seen('reader', '/v1/jobs?namespace=*')).toEqual(['default']);
  expect(await seen('lister', '/v1/jobs?namespace=*')).toEqual(['team']);
  expect(await seen('team', '/v1/allocations?namespace=*')).toEqual(['team']);
  expect(await seen('reader', '/v1/evaluations?namespace=*')).toEqual(['default']);
  expect(await seen('pools', '/v1/node/pools')).toEqual([]);
  expect(await statusOf('pools', `/v1/node/${uuidOf(9)}/allocations`)).toBe(200);
  expect(await agent.get(`/v1/node/${uuidOf(9)}/allocations`, 'pools')).toEqual([]);
  const namespaces = await agent.get<readonly { readonly Name: string }[]>('/v1/namespaces', 'team');
  expect(namespaces.map(({ Name }) => Name)).toEqual(['team']);
});

test.each<[Token, string, number]>([
  ['writer', 'default', 200],
  ['reader', 'default', 403],
  ['registrar', 'team', 200],
  ['writer', 'team', 403],
  ['lister', 'team', 403],
  ['', 'default', 403],
])('"%s" registers a job in %s: %i', async (token, Namespace, status) => {
  const body = JSON.stringify({ Job: jobOf('mine', { Namespace }) });
  expect(await statusOf(token, '/v1/jobs', { method: 'PUT', body })).toBe(status);
  // What the query names does not count against the job’s own.
  const [query, other] =
    Namespace === 'team' ? ['?namespace=default', '/v1/job/mine'] : ['?namespace=team', '/v1/job/mine'];
  expect(await statusOf(token, `${other}${query}`, { method: 'PUT', body })).toBe(status);
});

test('stopping needs less than forgetting', async () => {
  const remove = (token: Token, query: string) => statusOf(token, `/v1/job/web${query}`, { method: 'DELETE' });
  expect(await remove('reader', '')).toBe(403);
  expect(await remove('stopper', '')).toBe(200);
  expect(await remove('stopper', '?purge=true')).toBe(403);
  expect(await remove('stopper', '?purge=1')).toBe(403);
  expect(await remove('purger', '?purge=true')).toBe(200);
});

test('an allocation is stopped by whoever may do so in its namespace', async () => {
  const stop = (token: Token, id: string) =>
    statusOf(token, `/v1/allocation/${id}/stop?namespace=team`, { method: 'PUT' });
  expect(await stop('writer', uuidOf(2))).toBe(403);
  expect(await stop('team', uuidOf(2))).toBe(200);
  expect(await stop('team', uuidOf(99))).toBe(404);
  expect(await stop('reader', uuidOf(99))).toBe(403);
});

test('a node pool is made by whoever may write that one', async () => {
  const make = (token: Token, Name: string) =>
    statusOf(token, '/v1/node/pools', { method: 'PUT', body: JSON.stringify({ Name }) });
  expect(await make('pools', 'gpu1')).toBe(200);
  expect(await make('pools', 'other')).toBe(403);
  expect(await make('writer', 'gpu2')).toBe(403);
});

test.each([
  ['GET', '/v1/job/a/b?namespace=team', 'team', true],
  ['GET', '/v1/job/a/b', 'team', false],
  ['PUT', '/v1/job/a/b/scale?namespace=team', 'team', true],
  ['DELETE', '/v1/job/web?purge=true', 'stopper', false],
  ['DELETE', '/v1/job/web', 'stopper', true],
  ['GET', '/v1/node/pool/gpu7', 'pools', true],
  ['GET', '/v1/event/stream?topic=Job&topic=Node', 'reader', false],
  ['GET', '/v1/event/stream?topic=Job', 'reader', true],
] as const)('explains whether %s %s may be done with the rights of %s: %s', async (Method, Path, name, allowed) => {
  const reply = await agent.request('/v1/acl/explain', {
    method: 'POST',
    token: 'root',
    body: JSON.stringify({ Policies: [TOKENS[name]], Method, Path }),
  });
  expect([reply.status, (reply.json() as { Allowed: boolean }).Allowed]).toEqual([200, allowed]);
});
