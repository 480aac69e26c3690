import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@steppe/testing';
import { Secret } from '@steppe/domain';
import type { TestAgent } from './test-agent.js';
import { secretOf, SPEC_TOKENS, startServerAgent } from './test-agent.js';

let north: TestAgent;
let south: TestAgent;
beforeAll(async () => {
  const server = { gossipProfile: 'local', enabled: true, bootstrapExpect: 1, authoritativeRegion: 'north' };
  north = await startServerAgent({ tokens: SPEC_TOKENS, settings: { name: 'alder', region: 'north', server } });
  const { Members } = (await north.request('/v1/agent/members', { token: 'root' })).json() as {
    Members: { Addr: string; Port: number }[];
  };
  const retryJoin = Members.map(({ Addr, Port }) => `${Addr}:${Port}`);
  south = await startServerAgent({
    settings: {
      name: 'birch',
      region: 'south',
      server: { ...server, serverJoin: { retryJoin } },
      acl: { enabled: true, replicationToken: new Secret(secretOf('root')) },
    },
  });
}, 60_000);
afterAll(() => Promise.all([north.stop(), south.stop()]));

const GROUP = { Name: 'front', Tasks: [{ Name: 'main', Driver: 'raw_exec', Config: { command: '/bin/true' } }] };

const send = (agent: TestAgent, method: string, path: string, body?: object, token = secretOf('root')) =>
  agent.request(path, { method, token, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

test('policies, roles and global tokens of the authoritative region are good in the other, and local ones are not', async () => {
  const role = (
    await send(north, 'PUT', '/v1/acl/role', { Name: 'ops', Policies: [{ Name: 'agent-read' }] })
  ).json() as {
    ID: string;
  };
  const make = async (body: object) =>
    (await send(north, 'PUT', '/v1/acl/token', { Type: 'client', Roles: [{ ID: role.ID }], ...body })).json() as {
      SecretID: string;
      AccessorID: string;
    };
  const [everywhere, here] = [await make({ Global: true }), await make({ Global: false })];
  await eventually(20_000, async () => {
    expect((await send(south, 'GET', '/v1/agent/self', undefined, everywhere.SecretID)).status).toBe(200);
  });
  expect((await send(north, 'GET', '/v1/agent/self', undefined, here.SecretID)).status).toBe(200);
  expect((await send(south, 'GET', '/v1/agent/self', undefined, here.SecretID)).status).toBe(403);
  // Asked of the one region about the other, with the token checked in both.
  const relayed = await send(
    south,
    'GET',
    '/v1/agent/host?server_id=leader&region=north',
    undefined,
    everywhere.SecretID,
  );
  expect(relayed.status).toBe(200);

  await send(north, 'DELETE', `/v1/acl/token/${everywhere.AccessorID}`);
  await eventually(20_000, async () => {
    expect((await send(south, 'GET', '/v1/agent/self', undefined, everywhere.SecretID)).status).toBe(403);
  });
});

test('whatever region is asked, policies and global tokens are written in the authoritative one', async () => {
  const policy = { Name: 'made-in-south', Rules: 'node { policy = "read" }' };
  expect((await send(south, 'PUT', '/v1/acl/policy/made-in-south', policy)).status).toBe(200);
  expect((await send(north, 'GET', '/v1/acl/policy/made-in-south')).status).toBe(200);
  const token = (await send(south, 'PUT', '/v1/acl/token', { Type: 'management', Global: true })).json() as {
    AccessorID: string;
  };
  const read = await send(north, 'GET', `/v1/acl/token/${token.AccessorID}`);
  expect(read.status).toBe(200);
  const local = (await send(south, 'PUT', '/v1/acl/token', { Type: 'management' })).json() as { AccessorID: string };
  expect((await send(north, 'GET', `/v1/acl/token/${local.AccessorID}`)).status).toBe(404);
  expect((await send(south, 'GET', `/v1/acl/token/${local.AccessorID}`)).status).toBe(200);
  expect((await send(south, 'DELETE', `/v1/acl/token/${local.AccessorID}`)).status).toBe(200);
  await eventually(20_000, async () => {
    expect((await send(south, 'GET', '/v1/acl/policies')).text).toContain('made-in-south');
  });
});

test('bootstrap is the authoritative region’s affair', async () => {
  const reply = await south.request('/v1/acl/bootstrap', { method: 'PUT' });
  expect(reply).toMatchObject({ status: 400, text: expect.stringMatching(/^ACL bootstrap already done/) });
});

const namesIn = async (agent: TestAgent, path: string): Promise<readonly string[]> =>
  ((await send(agent, 'GET', path)).json() as readonly { Name: string }[]).map(({ Name }) => Name);

test.each([
  ['namespaces', '/v1/namespaces', '/v1/namespace', ['default']],
  ['node pools', '/v1/node/pools', '/v1/node/pools', ['all', 'default']],
])('%s are written in the authoritative region and copied to the other', async (_, list, path, builtIn) => {
  const one = list === path ? '/v1/node/pool/shared' : '/v1/namespace/shared';
  expect((await send(south, 'PUT', path, { Name: 'shared', Description: 'a' })).status).toBe(200);
  expect(await namesIn(north, list)).toEqual([...builtIn, 'shared']);
  await eventually(20_000, async () => expect(await namesIn(south, list)).toEqual([...builtIn, 'shared']));
  expect((await send(south, 'PUT', `${one}?region=south`, { Name: 'shared', Description: 'b' })).status).toBe(200);
  await eventually(20_000, async () => {
    expect((await send(south, 'GET', one)).json()).toMatchObject({ Description: 'b' });
  });
  expect((await send(south, 'DELETE', one)).status).toBe(200);
  expect((await send(north, 'GET', one)).status).toBe(404);
  await eventually(20_000, async () => expect(await namesIn(south, list)).toEqual(builtIn));
});

test('a namespace that is deleted there stays as long as a job here needs it', async () => {
  await send(north, 'PUT', '/v1/namespace', { Name: 'needed' });
  const job = { ID: 'web', Namespace: 'needed', Datacenters: ['*'], TaskGroups: [GROUP] };
  await eventually(20_000, async () => {
    expect((await send(south, 'PUT', '/v1/jobs', { Job: job })).status).toBe(200);
  });
  expect((await send(north, 'DELETE', '/v1/namespace/needed')).status).toBe(200);
  await eventually(20_000, async () => {
    expect(south.log.join('')).toContain('not deleted: still used in this region');
  });
  expect(await namesIn(south, '/v1/namespaces')).toEqual(['default', 'needed']);
  expect((await send(south, 'DELETE', '/v1/job/web?namespace=needed&purge=true')).status).toBe(200);
  // What is written next there has the lists compared again.
  await send(north, 'PUT', '/v1/namespace', { Name: 'next' });
  await eventually(20_000, async () => expect(await namesIn(south, '/v1/namespaces')).toEqual(['default', 'next']));
});
