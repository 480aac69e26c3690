import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NodeRegistration } from '@steppe/domain';
import { Secret } from '@steppe/domain';
import { defineRpcMethod, Http2RpcClient, ReverseLink } from '@steppe/rpc';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import { EngineStateStore, MemoryEngine, NODES, saveState } from '@steppe/state';
import { eventually, RecordingLogger } from '@steppe/testing';
import { createHash, randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { madeUpNode } from '../e2e/made-up-node.js';
import type { Cluster } from './forwarding-cluster.js';
import { NORTH, rpcSecurity, startCluster } from './forwarding-cluster.js';
import { openStream } from './open-stream.js';
import type { TestAgent } from './test-agent.js';
import { SPEC_TOKENS, startServerAgent } from './test-agent.js';

const NodeRegister = defineRpcMethod<{ readonly node: NodeRegistration; readonly secretId: string }, unknown>(
  'Node.Register',
  { callers: ['client'] },
);

/** Registers a node that nobody runs. */
async function registerNode(
  rpcAddress: string,
  security: 'none' | 'certificates',
  id: string,
  version: string | undefined,
): Promise<void> {
  const rpc = new Http2RpcClient(
    {},
    {
      self: () => ({ role: 'client', region: NORTH, id: '' }),
      security: rpcSecurity(security),
      clock: new SystemClock(),
      random: new SystemRandom(),
      logger: new RecordingLogger(),
      metrics: noMetrics,
    },
  );
  const attributes = version === undefined ? { kernel: 'linux' } : { 'nomad.version': version };
  await rpc.call(rpcAddress, NodeRegister, { node: madeUpNode(id, { attributes }), secretId: randomUUID() });
  await rpc.stop();
}

const stranger = '0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71';

/** A snapshot of some nodes that have a mebibyte of metadata each. */
async function largeSnapshot(nodes: number): Promise<Buffer> {
  const deps = { engine: new MemoryEngine(), clock: new SystemClock(), logger: silentLogger, metrics: noMetrics };
  const state = new EngineStateStore({ tables: [NODES] }, deps);
  await state.start();
  await state.transact((tx) => {
    for (let i = 0; i < nodes; i += 1) {
      const id = `${`${i}`.padStart(8, '0')}-0000-4000-8000-000000000000`;
      const registration = madeUpNode(id, { name: `node ${i}`, meta: { much: 'm'.repeat(1024 * 1024) } });
      const standing = {
        status: 'down',
        statusDescription: '',
        statusUpdatedAt: 0,
        schedulingEligibility: 'eligible',
      } as const;
      tx.put(NODES, { ...registration, ...standing, computedClass: '', events: [] });
    }
  });
  const out = new PassThrough();
  const [snapshot] = await Promise.all([buffer(out), saveState(state, out)]);
  await state.stop();
  return snapshot;
}

/** How many calls of other agents this one is answering now; the JSON format tells of an interval that is over. */
async function requestsServed(agent: TestAgent): Promise<number> {
  const { text } = await agent.request('/v1/metrics?format=prometheus');
  return [...text.matchAll(/^\w*rpc_requests_in_flight\S* (\d+)$/gm)].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
}

describe.each(['none', 'certificates'] as const)('requests that name another agent, security: %s', (security) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ security });
  }, 60_000);
  afterAll(() => cluster.stop());

  const ask = (agent: TestAgent, path: string) => agent.request(path);
  const hostOf = async (agent: TestAgent, search: string) =>
    (await ask(agent, `/v1/agent/host?${search}`)).json() as { AgentID: string; HostData: { OS: string } };

  test('O5: a client node, asked at its server, at another client, and from another region', async () => {
    const { north, south, workers, nodeIds } = cluster;
    const [first, second] = nodeIds;
    for (const [agent, search] of [
      [north, `node_id=${first}`],
      [north, `client_id=${first}`],
      [workers[0], `node_id=${first}`],
      [workers[1], `node_id=${first}`],
      [south, `region=global&node_id=${first}`],
    ] as const) {
      expect(await hostOf(agent, search)).toMatchObject({ AgentID: first, HostData: { OS: expect.any(String) } });
    }
    expect(await hostOf(workers[0], `node_id=${second}`)).toMatchObject({ AgentID: second });
  });

  test('O3: a server by leader, name and id, from a client and across regions', async () => {
    const { north, south, workers } = cluster;
    const id = (
      (await ask(north, '/v1/agent/members')).json() as { Members: { Name: string; Tags: { id: string } }[] }
    ).Members.find(({ Name }) => Name === 'alder.global')?.Tags.id;
    for (const server of ['leader', 'alder.global', id]) {
      expect(await hostOf(workers[0], `server_id=${server}`)).toMatchObject({ AgentID: 'alder.global' });
      expect(await hostOf(south, `region=global&server_id=${server}`)).toMatchObject({ AgentID: 'alder.global' });
    }
    expect(await hostOf(workers[0], 'region=elsewhere&server_id=leader')).toMatchObject({ AgentID: 'birch.elsewhere' });
    // Without a target the agent asked answers, and the data stands alone.
    expect((await ask(workers[0], '/v1/agent/host')).json()).toHaveProperty('OS');
  });

  test('a reply without a body says so, however many agents it has come by', async () => {
    const { north, south, workers, nodeIds } = cluster;
    for (const agent of [north, south, workers[1]]) {
      const reply = await ask(agent, `/v1/client/gc?region=global&node_id=${nodeIds[0]}`);
      expect([reply.status, reply.text]).toEqual([200, '']);
      expect(reply.headers.get('content-length')).toBe('0');
      expect(reply.headers.has('content-encoding')).toBe(false);
    }
  });

  test('what every server tells, a client passes on; leaders are those of the region named', async () => {
    const { north, south, workers } = cluster;
    for (const path of ['/v1/agent/members', '/v1/regions', '/v1/status/leader', '/v1/status/peers', '/v1/nodes']) {
      expect((await ask(workers[0], path)).text).toBe((await ask(north, path)).text);
    }
    const leader = (await ask(south, '/v1/status/leader')).text;
    for (const agent of [north, workers[0]]) {
      expect((await ask(agent, '/v1/status/leader?region=elsewhere')).text).toBe(leader);
    }
    const relayed = await ask(south, '/v1/nodes?region=global&pretty');
    const direct = await ask(north, '/v1/nodes?pretty');
    expect(relayed.text).toBe(direct.text);
    for (const name of ['content-type', 'x-nomad-index', 'x-nomad-knownleader', 'x-nomad-lastcontact']) {
      expect(relayed.headers.get(name)).toBe(direct.headers.get(name));
    }
  });

  test('a snapshot is taken of, and restored to, the region that is named', async () => {
    const { south, workers } = cluster;
    const path = '/v1/operator/snapshot?region=elsewhere';
    const direct = await ask(south, path);
    const relayed = await ask(workers[0], path);
    // They were not made at the same moment.
    const timeless = (text: string) => text.replace(/"createdMs":\d+/, '').replace(/"sha256":"\w+"/, '');
    expect([relayed.status, timeless(relayed.text)]).toEqual([200, timeless(direct.text)]);
    const digest = createHash('sha256').update(relayed.text).digest('base64');
    expect(relayed.headers.get('digest')).toBe(`sha-256=${digest}`);
    expect(await workers[0].request(path, { method: 'PUT', body: direct.text })).toMatchObject({
      status: 200,
      text: '',
    });
  });

  test('a snapshot of more than 8 MiB is restored by way of a client and two regions, whole or not at all', async () => {
    const { south, workers } = cluster;
    const path = '/v1/operator/snapshot?region=elsewhere';
    const before = await ask(south, path);
    const large = await largeSnapshot(9);
    expect(large.length).toBeGreaterThan(8 * 1024 * 1024);
    const damaged = Buffer.from(large);
    damaged[Math.floor(large.length / 2)] = 0;
    for (const body of [damaged, large.subarray(0, large.length - 1_000)]) {
      const refused = await workers[0].request(path, { method: 'PUT', body });
      expect(refused).toMatchObject({ status: 400, text: expect.stringMatching(/^the snapshot cannot be used: /) });
    }
    const rowsOf = (text: string) => text.split('\n').slice(1, -2);
    expect(rowsOf((await ask(south, path)).text)).toEqual(rowsOf(before.text));
    expect(await workers[0].request(path, { method: 'PUT', body: large })).toMatchObject({ status: 200, text: '' });
    const nodes = (await ask(workers[1], '/v1/nodes?region=elsewhere&prefix=00000001')).json() as { Name: string }[];
    expect(nodes.map(({ Name }) => Name)).toEqual(['node 1']);
    // As it was, for the other tests.
    expect((await workers[1].request(path, { method: 'PUT', body: before.text })).status).toBe(200);
  }, 30_000);

  test('a body that cannot be used is refused before it has come to its end, which it never does', async () => {
    const { workers } = cluster;
    const leave = new AbortController();
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        controller.enqueue(sent === 0 ? Buffer.from('{}\n') : new Uint8Array(64 * 1024));
        sent += 1;
      },
    });
    const reply = await fetch(`${workers[0].url}/v1/operator/snapshot?region=elsewhere`, {
      method: 'PUT',
      body: endless,
      duplex: 'half',
      signal: leave.signal,
    });
    expect([reply.status, await reply.text()]).toEqual([
      400,
      'the snapshot cannot be used: it is not a snapshot of Steppe',
    ]);
    leave.abort();
  });

  test.each([
    ['O4', 'host?server_id=nope', 500, 'unknown Nomad server nope'],
    ['O4', `host?node_id=${stranger}`, 404, `Unknown node "${stranger}"`],
    ['length', 'host?node_id=short', 500, 'node lookup failed: UUID must be 36 characters'],
    ['P6', 'pprof/cmdline?region=elsewhere&server_id=alder.global', 500, 'unknown Nomad server alder.global'],
    ['N10', 'monitor?region=bar&server_id=x', 400, 'No path to region'],
    ['monitor', 'monitor?server_id=nope', 400, 'unknown Nomad server nope'],
    ['monitor', `monitor?node_id=${stranger}`, 404, `Unknown node "${stranger}"`],
    ['region', 'pprof/heap?region=bar', 500, 'No path to region'],
    ['prefixes do not count', 'host?server_id=alder', 500, 'unknown Nomad server alder'],
    ['names of nodes do not count', 'host?node_id=w1', 500, 'node lookup failed: UUID must be 36 characters'],
    ['scheduling row 144', 'host?server_id=x&node_id=y', 400, 'Can only forward to either client node or server'],
    ['scheduling row 144', 'monitor?server_id=x&node_id=y', 400, 'Cannot target node and server simultaneously'],
  ])('%s: %s is %i', async (_, path, status, text) => {
    const direct = await ask(cluster.north, `/v1/agent/${path}`);
    expect(direct).toMatchObject({ status, text });
    // A client says of its server's failures where they come from.
    const viaClient = await ask(cluster.workers[1], `/v1/agent/${path}`);
    expect(viaClient).toMatchObject({ status, text: status === 500 ? `rpc error: ${text}` : text });
  });

  test("a client's own node answers to its id as a server's, too", async () => {
    const { workers, nodeIds } = cluster;
    expect(await hostOf(workers[0], `server_id=${nodeIds[0]}`)).toMatchObject({ AgentID: nodeIds[0] });
    expect(await ask(workers[1], `/v1/agent/host?server_id=${nodeIds[0]}`)).toMatchObject({ status: 500 });
  });

  test.each([
    [undefined, 400, 'Unable to determine Nomad version'],
    ['unreleased', 400, 'Unable to determine Nomad version'],
    ['0.7.1', 400, 'Node does not support RPC; requires 0.8 or later'],
    ['0.8.0', 404, 'No path to node'],
    ['2.0.6', 404, 'No path to node'],
  ])('a node of version %s that nobody is connected to is %i %s', async (version, status, text) => {
    const { north, south, workers, rpcAddress } = cluster;
    const id = randomUUID();
    await registerNode(rpcAddress, security, id, version);
    expect(await ask(north, `/v1/agent/host?node_id=${id}`)).toMatchObject({ status, text });
    expect(await ask(workers[0], `/v1/agent/pprof/heap?node_id=${id}`)).toMatchObject({ status, text });
    expect(await ask(south, `/v1/agent/monitor?region=global&node_id=${id}`)).toMatchObject({ status, text });
  });

  test('an agent that claims the id of another node is not called in its place', async () => {
    const { north, workers, nodeIds, rpcAddress } = cluster;
    const logger = new RecordingLogger();
    const link = new ReverseLink(
      {},
      {
        self: () => ({
          identity: { role: 'client', region: NORTH, id: nodeIds[0] },
          secret: new Secret(randomUUID()),
        }),
        servers: () => [rpcAddress],
        endpoints: [],
        security: rpcSecurity(security),
        clock: new SystemClock(),
        random: new SystemRandom(),
        metrics: noMetrics,
        logger,
      },
    );
    await link.start();
    await eventually(5_000, () =>
      expect(logger.messages('warn')[0]).toContain(`it does not prove that it is node "${nodeIds[0]}"`),
    );
    await link.stop();
    expect(north.log.join('')).toContain(`refused: it does not prove that it is node "${nodeIds[0]}"`);
    for (const agent of [north, workers[1]]) {
      expect(await hostOf(agent, `node_id=${nodeIds[0]}`)).toMatchObject({ AgentID: nodeIds[0] });
    }
  });

  test('N8 N9: live logs of any agent, which stop there when the reader leaves', async () => {
    const { north, south, workers, nodeIds, loggers } = cluster;
    for (const [asked, search, from] of [
      [north, `node_id=${nodeIds[0]}`, workers[0]],
      [workers[1], `node_id=${nodeIds[0]}`, workers[0]],
      [workers[1], 'server_id=leader', north],
      [south, 'region=global&server_id=alder.global', north],
      [south, `region=global&node_id=${nodeIds[1]}`, workers[1]],
      [workers[0], 'region=elsewhere&server_id=birch.elsewhere', south],
    ] as const) {
      // Client nodes wait at a server for their allocations all the time; now and then one of them has a word in between.
      const before = Math.min(await requestsServed(from), await requestsServed(from), await requestsServed(from));
      const stream = await openStream(asked, `/v1/agent/monitor?log_level=warn&plain=true&${search}`);
      expect([stream.response.status, stream.response.headers.get('content-type')]).toEqual([200, 'text/plain']);
      const line = `for ${search}`;
      // The stream of the other agent begins when its headers have come: what is logged now is in it.
      loggers.get(from)?.named('test').warn(line);
      expect(await stream.readUntil(line)).toMatch(/\[WARN\] {2}test: for /);
      expect(await requestsServed(from)).toBeGreaterThan(before);
      stream.leave();
      await eventually(5_000, async () => expect(await requestsServed(from)).toBeLessThanOrEqual(before));
    }
  });

  test('row 53: past logs of another agent are those of its file', async () => {
    const { north, south, workers } = cluster;
    const reply = await ask(south, '/v1/agent/monitor/export?on_disk=true&region=global&server_id=alder.global');
    expect(reply).toMatchObject({ status: 400, text: 'No nomad log file defined' });
    expect(await ask(workers[0], '/v1/agent/monitor/export?on_disk=true&server_id=leader')).toMatchObject({
      status: reply.status,
      text: reply.text,
    });
    expect(await ask(north, '/v1/agent/monitor/export?on_disk=true')).toMatchObject({ text: reply.text });
  });

  test('profiles of any agent, byte for byte with their headers', async () => {
    const { north, workers, nodeIds } = cluster;
    for (const [asked, search] of [
      [north, `node_id=${nodeIds[0]}`],
      [workers[1], `node_id=${nodeIds[0]}`],
      [workers[1], 'server_id=alder.global'],
    ] as const) {
      const reply = await fetch(`${asked.url}/v1/agent/pprof/heap?${search}`);
      expect(Object.fromEntries(reply.headers)).toMatchObject({
        'content-disposition': 'attachment; filename="heap"',
        'content-type': 'application/octet-stream',
        'x-content-type-options': 'nosniff',
      });
      expect([...new Uint8Array(await reply.arrayBuffer()).subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    }
  });

  test('a node whose worker has stopped cannot be reached, at once', async () => {
    const { north, workers, nodeIds } = cluster;
    await workers[1].stop();
    await eventually(5_000, async () => {
      expect(await ask(north, `/v1/agent/host?node_id=${nodeIds[1]}`)).toMatchObject({
        status: 404,
        text: 'No path to node',
      });
    });
    expect(await ask(workers[0], `/v1/agent/monitor?node_id=${nodeIds[1]}`)).toMatchObject({
      status: 404,
      text: 'No path to node',
    });
  });
});

describe('a region without a leader', () => {
  test('is told apart from one whose leader is elsewhere, and stale reads go on', async () => {
    // Its state is its own, and it waits for two more servers: there will be no leader.
    const lonely = await startServerAgent({
      settings: { enableDebug: true, server: { gossipProfile: 'local', enabled: true, bootstrapExpect: 3 } },
    });
    const ask = async (path: string) => lonely.request(path);
    expect(await ask('/v1/agent/host?server_id=leader')).toMatchObject({ status: 500, text: 'No cluster leader' });
    expect(await ask('/v1/agent/monitor?server_id=leader')).toMatchObject({ status: 400, text: 'No cluster leader' });
    // What only a leader may answer waits for one, as long as a request may be held.
    const begun = performance.now();
    const held = await Promise.all([
      ask('/v1/nodes'),
      ask(`/v1/node/${stranger}`),
      ask('/v1/status/leader'),
      ask('/v1/status/peers'),
      ask('/v1/operator/raft/configuration'),
      lonely.request('/v1/operator/snapshot', { method: 'PUT', body: 'x' }),
    ]);
    const tookMs = performance.now() - begun;
    for (const reply of held) expect(reply).toMatchObject({ status: 500, text: 'No cluster leader' });
    expect(tookMs).toBeGreaterThan(4_900);
    expect(tookMs).toBeLessThan(9_000);
    const stale = await ask('/v1/nodes?stale');
    expect([stale.status, stale.headers.get('x-nomad-knownleader'), stale.text]).toEqual([200, 'false', '[]']);
    await lonely.stop();
  }, 20_000);
});

describe('the agent that answers has its own settings', () => {
  test('its enable_debug decides, not that of the agent that was asked', async () => {
    const cluster = await startCluster({ southSettings: { enableDebug: false } });
    for (const agent of [cluster.north, cluster.workers[0]]) {
      expect(await agent.request('/v1/agent/host?region=elsewhere&server_id=leader')).toMatchObject({
        status: 403,
        text: 'Permission denied',
      });
      expect((await agent.request('/v1/agent/host?region=global&server_id=leader')).status).toBe(200);
    }
    await cluster.stop();
  }, 60_000);
});

describe.each(['none', 'certificates'] as const)(
  'who may, is decided again where the answer is, security: %s',
  (security) => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await startCluster({ tokens: SPEC_TOKENS, security });
    }, 60_000);
    afterAll(() => cluster.stop());

    test.each([
      ['', 403],
      ['unrelated', 403],
      ['node-read', 403],
      ['agent-read', 200],
      ['root', 200],
    ])('as "%s" host is %i from everywhere', async (token, status) => {
      const { north, south, workers, nodeIds } = cluster;
      for (const [agent, search] of [
        [north, `node_id=${nodeIds[0]}`],
        [workers[1], `node_id=${nodeIds[0]}`],
        [workers[1], 'server_id=leader'],
        [south, 'region=global&server_id=leader'],
      ] as const) {
        const reply = await agent.request(`/v1/agent/host?${search}`, token === '' ? {} : { token });
        expect(reply.status).toBe(status);
        if (status === 403) expect(reply.text).toBe('Permission denied');
      }
    });
  },
);
