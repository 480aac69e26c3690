import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NODES } from '@steppe/state';
import type { SchedulingAgent } from './scheduling-agent.js';
import { jobOf, nodeOf, startSchedulingAgent, uuidOf } from './scheduling-agent.js';

const TOKENS = {
  reader: 'namespace "default" { policy = "read" }',
  team: 'namespace "team" { capabilities = ["read-job"] }',
  lister: 'namespace "team" { capabilities = ["list-jobs"] }',
  nodes: 'node { policy = "read" }',
  pools: 'node_pool "gpu*" { policy = "read" }',
};
type Token = keyof typeof TOKENS | 'root' | '';

interface Match {
  readonly ID: string;
  readonly Scope?: readonly string[];
}
interface Reply<M> {
  readonly Index: number;
  readonly KnownLeader: boolean;
  readonly LastContact: number;
  readonly NextToken: string;
  readonly Matches: Readonly<Record<string, readonly M[] | null>>;
  readonly Truncations: Readonly<Record<string, boolean>>;
}

let agent: SchedulingAgent;
beforeAll(async () => {
  agent = await startSchedulingAgent({
    tokens: TOKENS,
    settings: { server: { enabled: true, bootstrapExpect: 1, numSchedulers: 0 } },
  });
  for (const name of ['team', 'test']) await agent.put('/v1/namespace', { Name: name }, 'root');
  for (const name of ['gpu1', 'tiny']) await agent.put('/v1/node/pools', { Name: name }, 'root');
  const put = async (job: object): Promise<void> => {
    expect((await agent.put('/v1/jobs', { Job: job }, 'root')).status).toBe(200);
  };
  await put(jobOf('web'));
  await put(jobOf('webhook', { Name: 'hooks of the web' }));
  await put(jobOf('web', { Namespace: 'team' }));
  for (let i = 0; i < 21; i += 1) await put(jobOf(`many-${`${i}`.padStart(2, '0')}`));
  const alloc = { jobId: 'web', nodeId: uuidOf(9), clientStatus: 'running' as const };
  await agent.placeAllocation({ ...alloc, id: uuidOf(1), name: 'web.front[0]' });
  await agent.placeAllocation({ ...alloc, id: uuidOf(2), name: 'web.front[0]', namespace: 'team' });
  await agent.state.transact((tx) => tx.put(NODES, nodeOf(uuidOf(9), { name: 'Webber', nodeClass: 'webby' })));
});
afterAll(() => agent.stop());

const send = (path: string, body: object, token: Token = 'root', method = 'PUT') =>
  agent.request(path, { method, body: JSON.stringify(body), ...(token === '' ? {} : { token }) });
const search = async (body: object, token: Token = 'root', query = ''): Promise<Reply<string>> => {
  const reply = await send(`/v1/search${query}`, body, token);
  expect([reply.status, reply.text]).toEqual([200, reply.text]);
  return reply.json();
};
const fuzzy = async (body: object, token: Token = 'root', query = ''): Promise<Reply<Match>> => {
  const reply = await send(`/v1/search/fuzzy${query}`, body, token);
  expect([reply.status, reply.text]).toEqual([200, reply.text]);
  return reply.json();
};

describe('search', () => {
  test('finds what begins with the text, of every kind or of one', async () => {
    const all = await search({ Prefix: 'te', Context: 'all' });
    expect(all).toMatchObject({
      KnownLeader: true,
      LastContact: expect.any(Number) as unknown,
      NextToken: '',
      Matches: { jobs: null, namespaces: ['team', 'test'], node_pools: null, nodes: null, allocs: null, evals: null },
      Truncations: { jobs: false, namespaces: false },
    });
    expect(all.Index).toBeGreaterThan(0);
    expect((await search({ Prefix: 'web', Context: 'jobs' })).Matches).toEqual({ jobs: ['web', 'webhook'] });
    expect((await search({ Prefix: 'web' })).Matches['jobs']).toEqual(['web', 'webhook']);
    expect((await search({ Prefix: 't', Context: 'node_pools' })).Matches).toEqual({ node_pools: ['tiny'] });
    const id = uuidOf(9).toUpperCase();
    expect((await search({ Prefix: id.slice(0, 35), Context: 'nodes' })).Matches).toEqual({ nodes: [uuidOf(9)] });
  });

  test('POST is the same, GET is not there', async () => {
    expect((await send('/v1/search', { Prefix: 'web', Context: 'jobs' }, 'root', 'POST')).json()).toMatchObject({
      Matches: { jobs: ['web', 'webhook'] },
    });
    expect((await agent.request('/v1/search', { token: 'root' })).status).toBe(405);
  });

  test('tells of twenty, and that there are more', async () => {
    const { Matches, Truncations } = await search({ Prefix: 'many-', Context: 'jobs' });
    expect([Matches['jobs']?.length, Matches['jobs']?.at(-1), Truncations]).toEqual([20, 'many-19', { jobs: true }]);
  });

  test('looks where the query, the body, or neither says', async () => {
    const found = async (body: object, query = '') =>
      (await search({ Prefix: uuidOf(0).slice(0, 8), Context: 'allocs', ...body }, 'root', query)).Matches['allocs'];
    expect(await found({})).toEqual([uuidOf(1)]);
    expect(await found({ Namespace: 'team' })).toEqual([uuidOf(2)]);
    expect(await found({ Namespace: 'test' }, '?namespace=team')).toEqual([uuidOf(2)]);
    expect(await found({ Namespace: '*' })).toEqual([uuidOf(1), uuidOf(2)]);
  });

  test('of what others have and we have not there is nothing, and no error', async () => {
    expect((await search({ Prefix: 'a', Context: 'deployment' })).Matches).toEqual({});
  });

  test.each([
    ['', 'Request body is empty'],
    ['{"Prefix": "a", "Context": "pods"}', 'got "pods"'],
    ['{"Prefix": 7}', 'Search.Prefix'],
  ])('does not take %j', async (body, message) => {
    const reply = await agent.request('/v1/search', { method: 'PUT', token: 'root', body });
    expect([reply.status, reply.text]).toEqual([400, expect.stringContaining(message)]);
  });
});

describe('a caller', () => {
  test.each<[Token, object, object]>([
    ['reader', { Context: 'all' }, { jobs: ['web', 'webhook'], allocs: null, evals: null, namespaces: null }],
    ['team', { Context: 'all', Namespace: 'team' }, { jobs: ['web'], allocs: null, evals: null, namespaces: null }],
    ['team', { Context: 'jobs', Namespace: '*' }, { jobs: ['web'] }],
    ['nodes', { Context: 'all' }, { nodes: null }],
    ['pools', { Context: 'all' }, { node_pools: null }],
  ])('%s that asks for %j finds %j', async (token, body, matches) => {
    expect((await search({ Prefix: 'web', ...body }, token)).Matches).toEqual(matches);
  });

  test('finds only namespaces and pools of its own', async () => {
    expect((await search({ Prefix: 't', Context: 'namespaces' }, 'team')).Matches).toEqual({ namespaces: ['team'] });
    expect((await search({ Prefix: '', Context: 'node_pools' }, 'pools')).Matches).toEqual({ node_pools: ['gpu1'] });
  });

  test.each<[Token, object]>([
    ['', { Context: 'all' }],
    ['reader', { Context: 'nodes' }],
    ['reader', { Context: 'jobs', Namespace: 'team' }],
    ['lister', { Context: 'jobs', Namespace: 'team' }],
    ['nodes', { Context: 'jobs' }],
    ['nodes', { Context: 'node_pools' }],
  ])('%j that may see nothing of it is denied %j', async (token, body) => {
    for (const path of ['/v1/search', '/v1/search/fuzzy']) {
      const reply = await send(path, { Prefix: 'web', Text: 'web', ...body }, token);
      expect([reply.status, reply.text]).toEqual([403, 'Permission denied']);
    }
  });
});

describe('fuzzy search', () => {
  test('finds names that have the text in them, and says where they are', async () => {
    const { Matches } = await fuzzy({ Text: 'WEB', Context: 'all' });
    expect(Matches).toEqual({
      allocs: [{ ID: 'web.front[0]', Scope: ['default', uuidOf(1)] }],
      classes: [{ ID: 'webby', Scope: [uuidOf(9)] }],
      evals: [],
      jobs: [
        { ID: 'web', Scope: ['default', 'web'] },
        { ID: 'hooks of the web', Scope: ['default', 'webhook'] },
      ],
      nodes: [{ ID: 'Webber', Scope: [uuidOf(9)] }],
    });
  });

  test('finds groups, tasks and commands in jobs', async () => {
    const { Matches } = await fuzzy({ Text: 'ront', Context: 'jobs', Namespace: 'team' });
    expect(Matches).toEqual({ groups: [{ ID: 'front', Scope: ['team', 'web'] }] });
    expect((await fuzzy({ Text: 'main', Context: 'jobs', Namespace: 'team' })).Matches).toEqual({
      tasks: [{ ID: 'main', Scope: ['team', 'web', 'front'] }],
    });
    expect((await fuzzy({ Text: 'lee', Context: 'jobs', Namespace: 'team' })).Matches).toEqual({
      commands: [{ ID: 'sleep', Scope: ['team', 'web', 'front', 'main'] }],
    });
  });

  test('finds namespaces and node pools by a part of their name', async () => {
    expect((await fuzzy({ Text: 'eam', Context: 'namespaces' })).Matches).toEqual({ namespaces: [{ ID: 'team' }] });
    expect((await fuzzy({ Text: 'pu', Context: 'node_pools' })).Matches).toEqual({ node_pools: [{ ID: 'gpu1' }] });
  });

  test('stops where the settings say', async () => {
    const { Matches, Truncations } = await fuzzy({ Text: 'many', Context: 'jobs' });
    expect([Matches['jobs']?.length, Truncations['jobs']]).toEqual([20, true]);
    expect((await fuzzy({ Text: 'ook', Context: 'jobs' })).Truncations).toEqual({ jobs: false });
  });

  test.each([
    [{ Text: 'a' }, 'fuzzy search query must be at least 2 characters, got 1: "a"'],
    [{ Text: 'ab', Context: 'pods' }, 'got "pods"'],
  ])('does not take %j', async (body, message) => {
    const reply = await send('/v1/search/fuzzy', body);
    expect([reply.status, reply.text]).toEqual([400, expect.stringContaining(message)]);
  });
});

test('fuzzy search has the limits that are configured, and can be switched off', async () => {
  const server = { enabled: true, bootstrapExpect: 1, numSchedulers: 0 };
  const limited = await startSchedulingAgent({
    settings: {
      server: { ...server, search: { fuzzyEnabled: true, limitQuery: 2, limitResults: 1, minTermLength: 3 } },
    },
  });
  try {
    for (const id of ['web-a', 'web-b', 'web-c']) await limited.put('/v1/jobs', { Job: jobOf(id) });
    const found = await limited.put('/v1/search/fuzzy', { Text: 'web', Context: 'jobs' });
    expect(found.json()).toMatchObject({
      Matches: { jobs: [{ ID: 'web-a', Scope: ['default', 'web-a'] }] },
      Truncations: { jobs: true },
    });
    const short = await limited.put('/v1/search/fuzzy', { Text: 'we', Context: 'jobs' });
    expect([short.status, short.text]).toEqual([400, 'fuzzy search query must be at least 3 characters, got 2: "we"']);
  } finally {
    await limited.stop();
  }
  const without = await startSchedulingAgent({
    settings: {
      server: { ...server, search: { fuzzyEnabled: false, limitQuery: 2, limitResults: 1, minTermLength: 3 } },
    },
  });
  try {
    const reply = await without.put('/v1/search/fuzzy', { Text: 'web' });
    expect([reply.status, reply.text]).toEqual([400, 'fuzzy search is not enabled']);
    expect((await without.put('/v1/search', { Prefix: 'web' })).status).toBe(200);
  } finally {
    await without.stop();
  }
});
