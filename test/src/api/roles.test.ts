import { afterEach, describe, expect, test } from '@jest/globals';
import type { Layer } from '@steppe/config';
import type { TestAgent } from './test-agent.js';
import { startDevAgent, startServerAgent, startWorkerAgent } from './test-agent.js';

const running: TestAgent[] = [];
const started = async (agent: Promise<TestAgent>): Promise<TestAgent> => {
  running.push(await agent);
  return agent;
};
afterEach(async () => {
  for (const agent of running.splice(0).toReversed()) await agent.stop();
});

describe('an agent without the client role', () => {
  test('H4: its health is that of a server', async () => {
    const agent = await started(startServerAgent());
    expect((await agent.request('/v1/agent/health')).text).toBe('{"server":{"message":"ok","ok":true}}');
    expect(await agent.request('/v1/agent/health?type=client')).toMatchObject({
      status: 500,
      text: '{"client":{"ok":false,"message":"client not enabled"}}',
    });
  });

  test('it has no list of servers and no client statistics', async () => {
    const agent = await started(startServerAgent());
    for (const method of ['GET', 'PUT']) {
      expect(await agent.request('/v1/agent/servers', { method })).toMatchObject({
        status: 501,
        text: 'Invalid method',
      });
    }
    expect((await agent.request('/v1/agent/self')).json()).not.toHaveProperty('stats.client');
  });
});

describe('configured', () => {
  test('W1 W2: as many workers as processors, for the schedulers named; other methods are refused', async () => {
    const { availableParallelism } = await import('node:os');
    const count = availableParallelism();
    const server = { numSchedulers: count, enabledSchedulers: ['_core', 'batch'] };
    const agent = await started(startServerAgent({ settings: { server } }));
    const { schedulers } = (await agent.request('/v1/agent/schedulers')).json() as {
      schedulers: { enabled_schedulers: string[] }[];
    };
    expect(schedulers.map((worker) => worker.enabled_schedulers.toSorted())).toEqual(
      Array.from({ length: count }, () => ['_core', 'batch']),
    );
    for (const path of ['/v1/agent/schedulers', '/v1/agent/schedulers/config']) {
      expect(await agent.request(path, { method: 'FOO' })).toMatchObject({ status: 405, text: 'Invalid method' });
    }
  });

  test('S2: secrets are empty when unset and redacted when set', async () => {
    const { Secret } = await import('@steppe/domain');
    const secret = () => new Secret('s3cr3t');
    type Shown = { config: { ACL: object; Consuls: object[]; Telemetry: object } };
    const shown = async (settings: Layer) => {
      const agent = await started(startServerAgent({ settings }));
      const { config } = (await agent.request('/v1/agent/self')).json() as Shown;
      return [config.ACL, config.Consuls[0], config.Telemetry];
    };
    const fields = (value: string) => [{ ReplicationToken: value }, { Token: value }, { CirconusAPIToken: value }];
    expect(await shown({})).toMatchObject(fields(''));
    expect(
      await shown({
        acl: { replicationToken: secret() },
        consul: [{ name: 'default', settings: { token: secret() } }],
        telemetry: { circonusApiToken: secret() },
      }),
    ).toMatchObject(fields('<redacted>'));
  });

  test('G3 G4: every address is served, and the headers asked for are on every answer of the API', async () => {
    const agent = await started(
      startServerAgent({
        settings: { addresses: { http: '127.0.0.1 127.0.0.2' }, httpApiResponseHeaders: { foo: 'bar' } },
      }),
    );
    expect(agent.agent.httpAddresses.map(({ host }) => host)).toEqual(['127.0.0.1', '127.0.0.2']);
    for (const { host, port } of agent.agent.httpAddresses) {
      const [api, root] = await Promise.all(
        ['/v1/agent/nothing-like-it', '/v1/agent/join'].map((path) => fetch(`http://${host}:${port}${path}`)),
      );
      expect([api?.status, api?.headers.get('foo')]).toEqual([404, null]);
      expect([root?.status, root?.headers.get('foo')]).toEqual([405, 'bar']);
    }
  });
});

describe('an agent without the server role', () => {
  test('N5: its own log lines are what its monitor shows', async () => {
    const worker = await started(startWorkerAgent());
    const leave = new AbortController();
    const { body } = await fetch(`${worker.url}/v1/agent/monitor?log_level=debug&plain=true`, { signal: leave.signal });
    const reader = body?.getReader();
    await worker.request('/v1/agent/health?from=worker');
    let text = '';
    while (!text.includes('from=worker')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    leave.abort();
    expect(text).toMatch(/\[DEBUG\] http: request complete: .*from=worker/);
  });

  test('H3: its health is that of a client', async () => {
    const server = await started(startServerAgent());
    const worker = await started(startWorkerAgent({ settings: { client: { servers: [await rpcAddress(server)] } } }));
    await nodeOf(server);
    expect((await worker.request('/v1/agent/health')).text).toBe('{"client":{"message":"ok","ok":true}}');
    expect(await worker.request('/v1/agent/health?type=server')).toMatchObject({
      status: 500,
      text: '{"server":{"ok":false,"message":"server not enabled"}}',
    });
  });

  test('J4 W3: what needs a server is refused, whatever the method', async () => {
    const worker = await started(startWorkerAgent());
    const rows: readonly (readonly [string, string, number, string])[] = [
      ['PUT', '/v1/agent/join?address=x', 501, 'Invalid method'],
      ['PUT', '/v1/agent/force-leave?node=x', 501, 'Invalid method'],
      ['GET', '/v1/agent/keyring/list', 501, 'Invalid method'],
      ...['GET', 'PUT', 'POST', 'DELETE'].flatMap((method) =>
        ['/v1/agent/schedulers', '/v1/agent/schedulers/config'].map(
          (path) => [method, path, 400, 'Server only endpoint'] as const,
        ),
      ),
    ];
    for (const [method, path, status, text] of rows) {
      expect({ method, path, ...(await worker.request(path, { method })) }).toMatchObject({
        method,
        path,
        status,
        text,
      });
    }
  });

  test('scheduling row 137: of servers set by hand it takes those that answer, and if there are none it keeps its own', async () => {
    const [first, second] = [await started(startServerAgent()), await started(startServerAgent())];
    const [own, other] = [await rpcAddress(first), await rpcAddress(second)];
    const worker = await started(startWorkerAgent({ settings: { client: { servers: [own] } } }));
    await nodeOf(first);
    const servers = async () => (await worker.request('/v1/agent/servers')).json() as readonly string[];
    const set = (...addresses: readonly string[]) =>
      worker.request(`/v1/agent/servers?${addresses.map((each) => `address=${each}`).join('&')}`, { method: 'PUT' });
    const refused = await set('127.0.0.1:1', '127.0.0.1:2');
    expect(refused.status).toBe(400);
    for (const address of ['127.0.0.1:1', '127.0.0.1:2']) expect(refused.text).toContain(address);
    expect(await servers()).toEqual([own]);
    expect(await set('127.0.0.1:1', other)).toMatchObject({ status: 200, text: '' });
    expect(await servers()).toEqual([other]);
  });

  test('it asks its server about the cluster, and says so when it has none', async () => {
    const alone = await started(startWorkerAgent());
    expect(await alone.request('/v1/agent/members')).toMatchObject({ status: 500, text: 'no servers' });
    expect((await alone.request('/v1/agent/health')).text).toBe('{"client":{"ok":false,"message":"no known servers"}}');
    const server = await started(startServerAgent());
    const worker = await started(startWorkerAgent({ settings: { client: { servers: [await rpcAddress(server)] } } }));
    for (const path of ['/v1/agent/members', '/v1/status/leader', '/v1/status/peers', '/v1/regions']) {
      expect((await worker.request(path)).text).toBe((await server.request(path)).text);
    }
    const node = await nodeOf(server);
    expect((await worker.request('/v1/nodes')).json()).toMatchObject([{ ID: node }]);
    expect((await worker.request(`/v1/node/${node}`)).json()).toMatchObject({ ID: node });
    expect((await worker.request('/v1/agent/self')).json()).toMatchObject({
      member: { Name: '', Addr: null, Tags: null },
      stats: { client: { node_id: node } },
    });
    expect((await worker.request('/v1/agent/host')).status).toBe(403);
  });

  test('the server shows a worker that stopped as known, but out of reach', async () => {
    const server = await started(startServerAgent({ settings: { enableDebug: true } }));
    await started(startWorkerAgent({ settings: { client: { servers: [await rpcAddress(server)] } } }));
    const node = await nodeOf(server);
    expect(await server.request(`/v1/agent/host?node_id=${node}`)).toMatchObject({
      status: 404,
      text: 'No path to node',
    });
  });
});

describe('the debug switch', () => {
  test.each([
    ['O1 P1', false, 403],
    ['P1', true, 200],
  ])('%s: enable_debug %s gives %i while ACLs are off', async (_, enableDebug, status) => {
    const agent = await started(startServerAgent({ settings: { enableDebug } }));
    for (const path of ['/v1/agent/host', '/v1/agent/pprof/cmdline']) {
      const reply = await agent.request(path);
      expect(reply.status).toBe(status);
      if (status === 403) expect(reply.text).toBe('Permission denied');
    }
  });
});

describe('a region without a leader', () => {
  test('the server runs, and says what it lacks', async () => {
    const agent = await started(startServerAgent({ settings: { server: { bootstrapExpect: 3 } } }));
    const begun = performance.now();
    expect(await agent.request('/v1/agent/health')).toMatchObject({
      status: 500,
      text: '{"server":{"ok":false,"message":"No cluster leader"}}',
    });
    expect(await agent.request('/v1/agent/health?stale')).toMatchObject({
      status: 500,
      text: '{"server":{"ok":false,"message":"no leader"}}',
    });
    // Two answers within four deadlines: the reference would have waited five seconds for a leader.
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect((await agent.request('/v1/status/leader?stale')).text).toBe('""');
    const nodes = await agent.request('/v1/nodes?stale');
    expect([nodes.text, nodes.headers.get('x-nomad-knownleader')]).toEqual(['[]', 'false']);
  });
});

describe('K1 K3 K4: gossip keys', () => {
  test('are installed, used and removed', async () => {
    const [k1, k2] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(16, 2).toString('base64')];
    const { Secret } = await import('@steppe/domain');
    const agent = await started(startDevAgent({ settings: { server: { encrypt: new Secret(k1) } } }));
    const list = async () =>
      ((await agent.request('/v1/agent/keyring/list')).json() as { Keys: Record<string, number> }).Keys;
    const change = (operation: string, key: string) =>
      agent.request(`/v1/agent/keyring/${operation}`, { method: 'PUT', body: JSON.stringify({ Key: key }) });
    expect(await list()).toEqual({ [k1]: 1 });
    expect((await change('install', k2)).json()).toEqual({ Keys: {}, Messages: {}, NumNodes: 1 });
    expect(await list()).toEqual({ [k1]: 1, [k2]: 1 });
    expect((await change('remove', k1)).status).toBe(500);
    expect((await change('use', k2)).status).toBe(200);
    expect((await change('remove', k1)).status).toBe(200);
    expect(await list()).toEqual({ [k2]: 1 });
    expect((await agent.request('/v1/agent/self')).json()).toMatchObject({ stats: { serf: { encrypted: 'true' } } });
  });
});

/** The RPC address a server advertises to its clients. */
async function rpcAddress(server: TestAgent): Promise<string> {
  const { Members } = (await server.request('/v1/agent/members')).json() as {
    Members: { Tags: { rpc_addr: string; port: string } }[];
  };
  return `${Members[0]?.Tags.rpc_addr}:${Members[0]?.Tags.port}`;
}

/** The id of the node that registers, waiting for it by a blocking query. */
async function nodeOf(server: TestAgent): Promise<string> {
  let index = 1;
  for (;;) {
    const reply = await server.request(`/v1/nodes?index=${index}&wait=10s`);
    const [node] = reply.json() as { ID: string; Status: string }[];
    if (node?.Status === 'ready') return node.ID;
    index = Number(reply.headers.get('x-nomad-index'));
  }
}
