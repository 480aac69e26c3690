import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { Agent as ConnectionPool, request } from 'node:http';
import type { TestAgent } from './test-agent.js';
import { startDevAgent } from './test-agent.js';

let agent: TestAgent;
beforeAll(async () => {
  agent = await startDevAgent({
    environment: {
      LANG: 'C',
      VAULT_TOKEN: 'x',
      BOGUS_TOKEN: '',
      BOGUS_SECRET: 'x',
      ryanSECRETS: 'x',
      CONSUL_LICENSE_PATH: 'x',
      AWS_ACCESS_KEY_ID: 'x',
      DB_PASSWORD: 'x',
      DATABASE_URL: 'postgres://u:p@h/d',
    },
  });
});
afterAll(() => agent.stop());

const get = async <T>(path: string): Promise<T> => {
  const reply = await agent.request(path);
  expect({ path, status: reply.status, text: reply.status === 200 ? '' : reply.text }).toEqual({
    path,
    status: 200,
    text: '',
  });
  return reply.json();
};

interface MembersWire {
  readonly Members: readonly {
    readonly Name: string;
    readonly Addr: string;
    readonly Port: number;
    readonly Status: string;
    readonly Tags: Record<string, string>;
  }[];
  readonly ServerName: string;
}

describe('members', () => {
  test('M1: exactly one, with the tags of a server', async () => {
    const { Members, ServerName } = await get<MembersWire>('/v1/agent/members');
    expect(Members).toHaveLength(1);
    const [member] = Members;
    expect(member).toMatchObject({ Name: `${ServerName}.global`, Addr: '127.0.0.1', Status: 'alive' });
    expect(member?.Port).toBeGreaterThan(0);
    expect(member?.Tags).toMatchObject({
      role: 'nomad',
      region: 'global',
      dc: 'dc1',
      vsn: '1',
      raft_vsn: '3',
      bootstrap: '1',
      rpc_addr: '127.0.0.1',
    });
    expect(member?.Tags['id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(member?.Tags['build']).toMatch(/^\d+\.\d+\.\d+/);
  });

  test('the leader is the member whose address and RPC port it names', async () => {
    const { Members } = await get<MembersWire>('/v1/agent/members');
    const leader = await get<string>('/v1/status/leader');
    expect(leader).toBe(`${Members[0]?.Addr}:${Members[0]?.Tags['port']}`);
    expect(await get('/v1/status/peers')).toEqual([leader]);
    expect(await get('/v1/regions')).toEqual(['global']);
  });

  test('the keys of a reply are in byte order, those of a member too', async () => {
    const { text } = await agent.request('/v1/agent/members');
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['Members', 'ServerDC', 'ServerName', 'ServerRegion']);
    const [member] = (JSON.parse(text) as MembersWire).Members;
    expect(Object.keys(member as object)).toEqual(Object.keys(member as object).toSorted());
  });
});

describe('self', () => {
  interface SelfWire {
    readonly config: Record<string, Record<string, unknown>>;
    readonly member: { readonly Name: string };
    readonly stats: Record<string, Record<string, unknown>>;
  }

  test('S1: configuration, member and statistics', async () => {
    const self = await get<SelfWire>('/v1/agent/self');
    expect(Object.keys(self.config)).toContain('ACL');
    expect(self.member.Name).not.toBe('');
    expect(Object.keys(self.stats).toSorted()).toEqual(['client', 'nomad', 'raft', 'runtime', 'serf']);
  });

  test('every statistic is a text, and true', async () => {
    const { stats } = await get<SelfWire>('/v1/agent/self');
    for (const [section, values] of Object.entries(stats)) {
      for (const [key, value] of Object.entries(values))
        expect({ section, key, type: typeof value }).toEqual({ section, key, type: 'string' });
    }
    const [node] = await get<readonly { readonly ID: string }[]>('/v1/nodes');
    expect(stats['client']).toMatchObject({ node_id: node?.ID, num_allocations: '0' });
    expect(stats['nomad']).toMatchObject({ server: 'true', leader: 'true', bootstrap: 'true', known_regions: '1' });
    expect(stats['nomad']?.['leader_addr']).toBe(await get<string>('/v1/status/leader'));
    expect(stats['serf']).toMatchObject({ members: '1', failed: '0', left: '0', encrypted: 'false' });
    expect(stats['raft']).toMatchObject({ state: 'Leader', last_contact: '0', num_peers: '0' });
  });
});

describe('servers', () => {
  test('the client uses its own server', async () => {
    const servers = await get<readonly string[]>('/v1/agent/servers');
    const { Members } = await get<MembersWire>('/v1/agent/members');
    expect(servers).toEqual([`127.0.0.1:${Members[0]?.Tags['port']}`]);
  });

  test('V1: no address', async () => {
    expect(await agent.request('/v1/agent/servers', { method: 'PUT' })).toMatchObject({
      status: 400,
      text: 'missing server address',
    });
  });

  test('V2: addresses where nobody is leave the list alone', async () => {
    const before = await get('/v1/agent/servers');
    const reply = await agent.request('/v1/agent/servers?address=127.0.0.1:1&address=127.0.0.1:2&address=127.0.0.1:3', {
      method: 'PUT',
    });
    expect(reply.status).toBe(400);
    for (const port of [1, 2, 3]) expect(reply.text).toContain(`127.0.0.1:${port}`);
    expect(await get('/v1/agent/servers')).toEqual(before);
  });
});

describe('join and force-leave', () => {
  test('J2: a name that does not resolve is a 200 with an error', async () => {
    const reply = await agent.request('/v1/agent/join?address=no-such-host.invalid', { method: 'PUT' });
    expect(reply.status).toBe(200);
    expect(reply.json()).toMatchObject({
      num_joined: 0,
      warning: '',
      error: expect.stringContaining('failed to resolve no-such-host.invalid'),
    });
  });

  test.each([
    ['J3', 'PUT', '/v1/agent/join', 400, 'missing address to join'],
    ['F5', 'PUT', '/v1/agent/force-leave?node=x&prune=maybe', 400, 'invalid prune value'],
    ['no node', 'PUT', '/v1/agent/force-leave', 400, 'missing node to force leave'],
    ['F1', 'PUT', '/v1/agent/force-leave?node=foo', 200, ''],
    ['F1 pruned', 'POST', '/v1/agent/force-leave?node=foo&prune=1', 200, ''],
    ['method', 'GET', '/v1/agent/join', 405, 'Invalid method'],
    ['method', 'DELETE', '/v1/agent/force-leave', 405, 'Invalid method'],
  ])('%s: %s %s is %i "%s"', async (_, method, path, status, text) => {
    expect(await agent.request(path, { method })).toMatchObject({ status, text });
  });

  test('forcing oneself out is refuted', async () => {
    const { Members } = await get<MembersWire>('/v1/agent/members');
    expect((await agent.request(`/v1/agent/force-leave?node=${Members[0]?.Name}`, { method: 'PUT' })).status).toBe(200);
    expect((await get<MembersWire>('/v1/agent/members')).Members[0]?.Status).toBe('alive');
  });
});

describe('health', () => {
  test.each([
    ['', '{"client":{"message":"ok","ok":true},"server":{"message":"ok","ok":true}}'],
    ['?stale', '{"client":{"message":"ok","ok":true},"server":{"message":"ok","ok":true}}'],
    ['?type=client', '{"client":{"message":"ok","ok":true}}'],
    ['?type=server', '{"server":{"message":"ok","ok":true}}'],
    ['?type=client&type=server', '{"client":{"message":"ok","ok":true},"server":{"message":"ok","ok":true}}'],
    ['?type=foo', '{}'],
    ['?type=', '{}'],
  ])('H2: health%s', async (search, text) => {
    const reply = await agent.request(`/v1/agent/health${search}`);
    expect(reply).toMatchObject({ status: 200, text });
    expect(reply.headers.get('content-type')).toBe('application/json');
  });

  test('another region has no server we could ask', async () => {
    const reply = await agent.request('/v1/agent/health?region=elsewhere');
    expect(reply).toMatchObject({
      status: 500,
      text: '{"client":{"ok":true,"message":"ok"},"server":{"ok":false,"message":"No path to region"}}',
    });
    expect(reply.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });
});

describe('host', () => {
  interface HostWire {
    readonly Environment: Record<string, string>;
    readonly Disk: Record<string, { readonly DiskMB: number }>;
    readonly Network: readonly Record<string, string>[];
    readonly OS: string;
    readonly ResolvConf: string;
    readonly Hosts: string;
  }

  test('O6: real facts, secrets hidden', async () => {
    const host = await get<HostWire>('/v1/agent/host');
    for (const name of [
      'VAULT_TOKEN',
      'BOGUS_TOKEN',
      'BOGUS_SECRET',
      'ryanSECRETS',
      'CONSUL_LICENSE_PATH',
      'AWS_ACCESS_KEY_ID',
      'DB_PASSWORD',
    ]) {
      expect(host.Environment[name]).toBe('<redacted>');
    }
    expect(host.Environment).toMatchObject({ LANG: 'C', DATABASE_URL: 'postgres://<redacted>@h/d' });
    expect(host.OS).toContain('Linux');
    expect(host.Network.some(({ address }) => address === '127.0.0.1')).toBe(true);
    expect(host.ResolvConf).not.toBe('');
    expect(host.Hosts).not.toBe('');
    expect(Object.keys(host.Disk)).not.toHaveLength(0);
  });

  test('O3 O4 O5: targets', async () => {
    const { Members } = await get<MembersWire>('/v1/agent/members');
    const name = Members[0]?.Name ?? '';
    for (const target of ['leader', name, Members[0]?.Tags['id']]) {
      expect(await get(`/v1/agent/host?server_id=${target}`)).toMatchObject({
        AgentID: name,
        HostData: { OS: expect.any(String) },
      });
    }
    const [node] = await get<readonly { readonly ID: string }[]>('/v1/nodes');
    for (const parameter of ['node_id', 'client_id']) {
      expect(await get(`/v1/agent/host?${parameter}=${node?.ID}`)).toMatchObject({ AgentID: node?.ID });
    }
  });

  const stranger = '0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71';
  test.each([
    [`server_id=${stranger}`, 500, `unknown Nomad server ${stranger}`],
    [`node_id=${stranger}`, 404, `Unknown node "${stranger}"`],
    ['node_id=short', 500, 'node lookup failed: UUID must be 36 characters'],
    [`node_id=${stranger}&server_id=leader`, 400, 'Can only forward to either client node or server'],
    ['region=bar&server_id=x', 500, 'No path to region'],
    ['stale=random', 400, 'Expect `true` or `false` for `stale` query string parameter'],
  ])('host?%s is %i', async (search, status, text) => {
    expect(await agent.request(`/v1/agent/host?${search}`)).toMatchObject({ status, text });
  });
});

describe('schedulers', () => {
  const put = (body: string, method = 'PUT') => agent.request('/v1/agent/schedulers/config', { method, body });
  interface ConfigWire {
    readonly num_schedulers: number;
    readonly enabled_schedulers: readonly string[];
    readonly server_id: string;
  }

  test('W5 W10: the workers follow their configuration', async () => {
    const { Members } = await get<MembersWire>('/v1/agent/members');
    expect((await put('{"num_schedulers":1,"enabled_schedulers":["_core","batch"]}')).json()).toMatchObject({
      num_schedulers: 1,
      server_id: Members[0]?.Name,
    });
    const { schedulers, server_id } = await get<{ schedulers: readonly Record<string, unknown>[]; server_id: string }>(
      '/v1/agent/schedulers',
    );
    expect(server_id).toBe(Members[0]?.Name);
    expect(schedulers).toEqual([
      {
        enabled_schedulers: ['_core', 'batch'],
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        started: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        status: expect.any(String),
        workload_status: expect.any(String),
      },
    ]);
    expect((await put('{"num_schedulers":0,"enabled_schedulers":["_core","system"]}', 'POST')).json()).toMatchObject({
      num_schedulers: 0,
      enabled_schedulers: ['_core', 'system'],
    });
    expect(await get('/v1/agent/schedulers')).toMatchObject({ schedulers: [] });
  });

  test('a reply can be sent back as it is', async () => {
    const before = await agent.request('/v1/agent/schedulers/config');
    expect((await put(before.text)).text).toBe(before.text);
  });

  test.each([
    ['W7', '{"num_schedulers":-1,"enabled_schedulers":["_core"]}', 'Invalid request'],
    ['W7', '{"num_schedulers":9223372036854775807,"enabled_schedulers":["_core"]}', 'Invalid request'],
    ['no _core', '{"num_schedulers":1,"enabled_schedulers":["batch"]}', 'Invalid request'],
    ['unknown', '{"num_schedulers":1,"enabled_schedulers":["_core","cron"]}', 'Invalid request'],
    ['no list', '{"num_schedulers":1}', 'Invalid request'],
    ['empty', '', 'Invalid request: Request body is empty'],
  ])('%s: %s is a 400', async (_, body, text) => {
    expect(await put(body)).toMatchObject({ status: 400, text });
  });

  test('W9: what is no JSON says so', async () => {
    const reply = await put('{num_schedulers:-1}');
    expect(reply.status).toBe(400);
    expect(reply.text).toMatch(/^Invalid request: ./);
  });

  test('unchanged settings leave the workers alone', async () => {
    await put('{"num_schedulers":1,"enabled_schedulers":["_core","batch"]}');
    const ids = async () =>
      (await get<{ schedulers: readonly { readonly id: string }[] }>('/v1/agent/schedulers')).schedulers.map(
        ({ id }) => id,
      );
    const before = await ids();
    const { enabled_schedulers } = (
      await put('{"num_schedulers":1,"enabled_schedulers":["batch","_core"]}')
    ).json() as ConfigWire;
    expect(enabled_schedulers.toSorted()).toEqual(['_core', 'batch']);
    expect(await ids()).toEqual(before);
  });
});

describe('keyring', () => {
  test.each(['GET', 'PUT', 'DELETE'])(
    'without encryption every operation fails as it does in a pool (%s)',
    async (method) => {
      expect(await agent.request('/v1/agent/keyring/list', { method })).toMatchObject({
        status: 500,
        text: '1/1 nodes reported failure',
      });
    },
  );

  test('an unknown operation', async () => {
    expect(await agent.request('/v1/agent/keyring/shuffle', { method: 'PUT' })).toMatchObject({
      status: 404,
      text: 'resource not found',
    });
    expect(await agent.request('/v1/agent/keyring/install', { method: 'PUT' })).toMatchObject({
      status: 400,
      text: 'Request body is empty',
    });
  });
});

describe('nodes', () => {
  test('the local node is ready, in brief and in full', async () => {
    const reply = await agent.request('/v1/nodes');
    const [stub] = reply.json() as readonly {
      readonly ID: string;
      readonly Status: string;
      readonly ModifyIndex: number;
    }[];
    expect(stub?.Status).toBe('ready');
    expect(reply.headers.get('x-nomad-index')).toBe(`${stub?.ModifyIndex}`);
    expect(reply.headers.get('x-nomad-knownleader')).toBe('true');
    expect(reply.headers.get('x-nomad-lastcontact')).toBe('0');
    const node = await get<Record<string, unknown>>(`/v1/node/${stub?.ID}`);
    expect(node).toMatchObject({ ID: stub?.ID, Status: 'ready', SecretID: '', SchedulingEligibility: 'eligible' });
    expect(node['Attributes']).toMatchObject({ 'kernel.name': 'linux', 'cpu.arch': expect.any(String) });
  });

  test('prefixes, pages and unknown nodes', async () => {
    const [stub] = await get<readonly { readonly ID: string }[]>('/v1/nodes');
    expect(await get(`/v1/nodes?prefix=${stub?.ID.slice(0, 8)}`)).toHaveLength(1);
    expect(await get('/v1/nodes?prefix=zz')).toEqual([]);
    expect(await get('/v1/nodes?per_page=1&next_token=zzzz')).toEqual([]);
    expect(await agent.request('/v1/node/nope')).toMatchObject({ status: 404, text: 'node not found' });
  });

  const filtered = (filter: string) => agent.request(`/v1/nodes?filter=${encodeURIComponent(filter)}`);

  test.each([
    ['Status == "ready"', 1],
    ['Status == "down"', 0],
    ['NodeClass == ""', 1],
    ['Attributes["kernel.name"] == "linux" and "dc" in Datacenter', 1],
    ['Attributes["no.such"] == "x"', 0],
    ['SchedulingEligibility != "eligible" or Address contains "no-such"', 0],
    ['not (NodePool matches "^d")', 0],
  ])('a filter speaks of a node as the API shows it: %s', async (filter, count) => {
    const reply = await filtered(filter);
    expect(reply.status).toBe(200);
    expect(reply.json()).toHaveLength(count);
  });

  test.each([
    ['Status ==', /lacks a field or a value, at 1:10$/],
    ['Statu == "ready"', /Statu is not a field/],
    ['Status matches "("', /has a pattern that is wrong, .*, at 1:16$/],
  ])('a filter that cannot be used is a 400 that says where: %s', async (filter, says) => {
    const { status, text } = await filtered(filter);
    expect(status).toBe(400);
    expect(text).toMatch(says);
  });

  test('a blocking query returns with its time, and with news at once when there are some', async () => {
    const { headers } = await agent.request('/v1/nodes');
    const index = Number(headers.get('x-nomad-index'));
    const timedOut = await agent.request(`/v1/nodes?index=${index}&wait=20ms`);
    expect(timedOut.headers.get('x-nomad-index')).toBe(`${index}`);
    expect((await agent.request(`/v1/nodes?index=${index - 1}&wait=60s`)).status).toBe(200);
  });

  test.each([
    ['G8', 'stale=random', 400],
    ['G9', 'wait=60foo', 400],
    ['G9', 'index=foo', 400],
    ['region', 'region=never', 500],
  ])('%s: nodes?%s is %i', async (_, search, status) => {
    expect((await agent.request(`/v1/nodes?${search}`)).status).toBe(status);
  });
});

/** A snapshot with more nodes, like the first of it. */
function withNodes(snapshot: string, ids: readonly string[]): string {
  const [first = '', ...lines] = snapshot.trimEnd().split('\n').slice(0, -1);
  const header = JSON.parse(first) as { tables: { name: string; rows: number }[] };
  const rows = lines.map((line) => JSON.parse(line) as [table: number, key: string, number, number, value: string]);
  const table = header.tables.findIndex(({ name }) => name === 'nodes');
  const [, key, created, modified, value] = rows.find((row) => row[0] === table) ?? [0, '', 0, 0, ''];
  const name = (JSON.parse(value) as { name: string }).name;
  const made = ids.map((id) => [
    table,
    id,
    created,
    modified,
    value.replaceAll(key, id).replaceAll(name, `made-${id}`),
  ]);
  const tables = header.tables.map((each, i) => (i === table ? { ...each, rows: each.rows + ids.length } : each));
  const text = [{ ...header, tables }, ...rows, ...made].map((line) => `${JSON.stringify(line)}\n`).join('');
  return `${text}${JSON.stringify({ sha256: createHash('sha256').update(text).digest('hex') })}\n`;
}

describe('snapshots', () => {
  const save = async () => {
    const reply = await fetch(`${agent.url}/v1/operator/snapshot`);
    return { reply, body: Buffer.from(await reply.arrayBuffer()) };
  };
  const restore = (body: string | Buffer, method = 'PUT') =>
    agent.request('/v1/operator/snapshot', { method, body: typeof body === 'string' ? body : new Uint8Array(body) });
  const readNodes = () => get<readonly { readonly ID: string }[]>('/v1/nodes');

  test('a snapshot comes with its digest, and takes the state back to where it was', async () => {
    const before = await readNodes();
    const { reply, body } = await save();
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toBe('application/octet-stream');
    expect(reply.headers.get('digest')).toBe(`sha-256=${createHash('sha256').update(body).digest('base64')}`);
    const index = Number(reply.headers.get('x-nomad-index'));
    for (const method of ['PUT', 'POST']) {
      const restored = await restore(body, method);
      expect(restored).toMatchObject({ status: 200, text: '' });
      expect(Number(restored.headers.get('x-nomad-index'))).toBeGreaterThan(index);
    }
    expect((await readNodes()).map(({ ID }) => ID)).toEqual(before.map(({ ID }) => ID));
  });

  test('a body beyond the limit of other routes is read to its end', async () => {
    const { body } = await save();
    const reply = await restore(Buffer.concat([body, Buffer.alloc(3 * 1024 * 1024, ' '), Buffer.from('\n')]));
    expect(reply).toMatchObject({ status: 400, text: 'the snapshot cannot be used: something follows the checksum' });
  });

  test('lists of several nodes come in pages, either way round, filtered ones too', async () => {
    const { body } = await save();
    const ids = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${letter.repeat(8)}-0000-4000-8000-000000000000`);
    expect((await restore(withNodes(body.toString(), ids))).status).toBe(200);
    const pagesOf = async (search: string) => {
      const pages: string[][] = [];
      for (let token: string | null = ''; token !== null; ) {
        const reply = await agent.request(`/v1/nodes?${search}&next_token=${token}`);
        pages.push((reply.json() as { ID: string }[]).map(({ ID }) => ID));
        token = reply.headers.get('x-nomad-nexttoken');
      }
      return pages;
    };
    const [a, b, c, d, e] = ids;
    const made = `filter=${encodeURIComponent('Name matches "^made"')}`;
    expect(await pagesOf(`per_page=2&${made}`)).toEqual([[a, b], [c, d], [e]]);
    expect(await pagesOf(`per_page=3&reverse=true&${made}`)).toEqual([
      [e, d, c],
      [b, a],
    ]);
    expect(await pagesOf(`prefix=CCCCcccc&per_page=2`)).toEqual([[c]]);
    expect((await restore(body)).status).toBe(200);
    expect(await readNodes()).toHaveLength(1);
  });

  test.each<[string, (body: string) => string, string]>([
    ['nothing', () => '', 'it is cut short'],
    ['something else', () => 'hello\n', 'it is not a snapshot of Steppe, or damaged'],
    [
      'a newer version',
      (body) => body.replace('"version":1', '"version":9'),
      'its version is 9, and this Steppe knows 1',
    ],
    ['half of one', (body) => body.slice(0, body.length / 2), 'it is cut short'],
    ['a changed one', (body) => body.replace('ready', 'steady'), 'the checksum is wrong'],
  ])('%s is a 400 that says what is wrong, and changes nothing', async (_, damage, reason) => {
    const { body } = await save();
    const index = (await agent.request('/v1/nodes')).headers.get('x-nomad-index');
    expect(await restore(damage(body.toString()))).toMatchObject({
      status: 400,
      text: `the snapshot cannot be used: ${reason}`,
    });
    expect((await agent.request('/v1/nodes')).headers.get('x-nomad-index')).toBe(index);
  });

  test('a refusal leaves the connection to the next request, however much of the body is still to come', async () => {
    const pool = new ConnectionPool({ keepAlive: true, maxSockets: 1 });
    const put = (body: Buffer) =>
      new Promise<{ status: number | undefined; port: number | undefined }>((resolve, reject) => {
        const outgoing = request(`${agent.url}/v1/operator/snapshot`, { agent: pool, method: 'PUT' }, (reply) => {
          const port = reply.socket.localPort;
          reply.resume().once('end', () => resolve({ status: reply.statusCode, port }));
        });
        outgoing.once('error', reject);
        outgoing.end(body);
      });
    const first = await put(Buffer.concat([Buffer.from('hello\n'), Buffer.alloc(4 * 1024 * 1024, 'x')]));
    const second = await put(Buffer.from('hello\n'));
    pool.destroy();
    expect([first.status, second.status]).toEqual([400, 400]);
    expect(second.port).toBe(first.port);
  });

  test('the servers that share the state', async () => {
    const [server] = (await get<MembersWire>('/v1/agent/members')).Members;
    expect(await get('/v1/operator/raft/configuration')).toEqual({
      Index: expect.any(Number),
      Servers: [
        {
          Address: await get<string>('/v1/status/leader'),
          ID: server?.Tags['id'],
          Leader: true,
          Node: server?.Name,
          RaftProtocol: '3',
          Voter: true,
        },
      ],
    });
  });
});

describe('metrics', () => {
  test('as JSON, of the shape clients decode', async () => {
    const metrics = await get<Record<string, unknown>>('/v1/metrics');
    expect(Object.keys(metrics)).toEqual(['Counters', 'Gauges', 'Points', 'Samples', 'Timestamp']);
    expect(metrics['Timestamp']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC$/);
  });

  test('for Prometheus', async () => {
    const { text, headers } = await agent.request('/v1/metrics?format=prometheus');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toMatch(/^# TYPE nomad_\S*runtime_sys_bytes gauge\nnomad_\S*runtime_sys_bytes \d+$/m);
    expect(text).toMatch(/^nomad_http_request_seconds_count\{route="\/v1\/metrics"\} \d+$/m);
  });
});

describe('pprof', () => {
  test.each([
    ['/v1/agent/pprof/', 404, 'Invalid method'],
    ['/v1/agent/pprof/latency', 404, 'Pprof profile not found profile: latency'],
    ['/v1/agent/pprof/unknown?server_id=leader', 404, 'Pprof profile not found profile: unknown'],
    ['/v1/agent/pprof/a/b', 404, 'Pprof profile not found profile: a/b'],
    ['/v1/agent/pprof/heap?node_id=a&server_id=b', 400, 'Cannot target node and server simultaneously'],
    ['/v1/agent/pprof/cmdline?server_id=nope', 500, 'unknown Nomad server nope'],
    ['/v1/agent/pprof/cmdline?region=bar', 500, 'No path to region'],
  ])('%s is %i', async (path, status, text) => {
    expect(await agent.request(path)).toMatchObject({ status, text });
  });

  test('P4 P5: profiles of this agent by any of its names', async () => {
    const { Members } = await get<MembersWire>('/v1/agent/members');
    const [node] = await get<readonly { readonly ID: string }[]>('/v1/nodes');
    for (const target of [`server_id=${Members[0]?.Name}`, `node_id=${node?.ID}`, '']) {
      const reply = await fetch(`${agent.url}/v1/agent/pprof/goroutine?${target}`);
      expect(reply.status).toBe(200);
      expect(Object.fromEntries(reply.headers)).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-disposition': 'attachment; filename="goroutine"',
        'x-content-type-options': 'nosniff',
      });
      expect([...new Uint8Array(await reply.arrayBuffer()).subarray(0, 2)]).toEqual([0x1f, 0x8b]);
      expect(await agent.request(`/v1/agent/pprof/latency?${target}`)).toMatchObject({
        status: 404,
        text: 'Pprof profile not found profile: latency',
      });
    }
  });

  test('the command line, and the text form of a profile', async () => {
    const cmdline = await agent.request('/v1/agent/pprof/cmdline');
    expect(cmdline.text.split('\0').length).toBeGreaterThan(1);
    expect(cmdline.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect((await agent.request('/v1/agent/pprof/goroutine?debug=1')).text).toMatch(/^goroutine profile: total \d+/);
  });

  test('a CPU profile is exclusive, and freed when its caller leaves', async () => {
    const abort = new AbortController();
    const first = fetch(`${agent.url}/v1/agent/pprof/profile?seconds=30`, { signal: abort.signal }).catch(() => 'left');
    let second = await agent.request('/v1/agent/pprof/profile?seconds=1');
    // Which of the two arrives first is the network's choice; one of them must be refused while the other runs.
    for (let i = 0; i < 5 && second.status === 200; i += 1)
      second = await agent.request('/v1/agent/pprof/profile?seconds=1');
    expect(second).toMatchObject({ status: 500, text: 'cpu profiling already in use' });
    abort.abort();
    expect(await first).toBe('left');
    let third = await agent.request('/v1/agent/pprof/profile?seconds=1');
    for (let i = 0; i < 50 && third.status !== 200; i += 1)
      third = await agent.request('/v1/agent/pprof/profile?seconds=1');
    expect(third.status).toBe(200);
  });
});

describe('everything else', () => {
  test('G1 G2: unknown paths and the root', async () => {
    expect(await agent.request('/v1/unknown/endpoint')).toMatchObject({ status: 404, text: '' });
    const root = await agent.request('/?ott=x');
    expect([root.status, root.headers.get('location')]).toEqual([307, '/ui/?ott=x']);
    expect((await agent.request('/ui/')).text).toBe('<html><p>Nomad UI is disabled</p></html>');
  });

  test('R1: reload takes no GET', async () => {
    expect(await agent.request('/v1/agent/reload')).toMatchObject({ status: 405, text: 'Invalid method' });
    expect(await agent.request('/v1/agent/reload', { method: 'PUT' })).toMatchObject({ status: 200, text: '' });
  });

  test.each([
    ['?pretty', true],
    ['?pretty=1', true],
    ['?pretty=0', false],
    ['', false],
  ])('G5: regions%s is indented: %p', async (search, indented) => {
    expect((await agent.request(`/v1/regions${search}`)).text).toBe(indented ? '[\n    "global"\n]\n' : '["global"]');
  });

  test('parameters meant for others are ignored', async () => {
    for (const path of ['self', 'servers', 'schedulers', 'members']) {
      expect(
        (await agent.request(`/v1/agent/${path}?namespace=x&region=${path === 'members' ? '' : 'x'}&unheard=of`))
          .status,
      ).toBe(200);
    }
  });
});
