import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Logger as LoggerType } from '@steppe/runtime';
import { silentLogger } from '@steppe/runtime';
import { Logger } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { eventually } from '../interop/eventually.js';
import type { TestAgent, TestAgentOptions } from './test-agent.js';
import { SPEC_TOKENS, startServerAgent, startWorkerAgent } from './test-agent.js';

interface Cluster {
  readonly north: TestAgent;
  readonly south: TestAgent;
  /** Two client agents of north. */
  readonly workers: readonly [TestAgent, TestAgent];
  readonly nodeIds: readonly [string, string];
  /** Logs at an agent. */
  readonly loggers: Map<TestAgent, LoggerType>;
  stop(): Promise<void>;
}

/** Two regions of one server each, joined; two workers with the server of north. */
async function startCluster(options: TestAgentOptions = {}): Promise<Cluster> {
  const loggers = new Map<TestAgent, LoggerType>();
  const start = async (
    create: (options: TestAgentOptions) => Promise<TestAgent>,
    name: string,
    region: string,
    settings: NonNullable<TestAgentOptions['settings']>,
  ): Promise<TestAgent> => {
    let logger = silentLogger;
    const spy = new ContainerModule(({ onActivation }) => {
      onActivation(Logger, (_, instance) => (logger = instance));
    });
    const agent = await create({
      ...options,
      settings: {
        name,
        region,
        enableDebug: true,
        telemetry: { prometheusMetrics: true },
        ...options.settings,
        ...settings,
      },
      modules: [spy],
    });
    loggers.set(agent, logger);
    return agent;
  };
  const server = { server: { gossipProfile: 'local', enabled: true, bootstrapExpect: 1 } };
  const [north, south] = [
    await start(startServerAgent, 'alder', 'north', server),
    await start(startServerAgent, 'birch', 'south', server),
  ];
  const { Members } = (await north.request('/v1/agent/members', { token: 'root' })).json() as {
    Members: { Addr: string; Port: number; Tags: { port: string } }[];
  };
  const [own] = Members;
  const joined = await south.request(`/v1/agent/join?address=${own?.Addr}:${own?.Port}`, {
    method: 'PUT',
    token: 'root',
  });
  expect(joined.json()).toMatchObject({ num_joined: 1 });
  const client = { client: { enabled: true, servers: [`127.0.0.1:${own?.Tags.port}`] } };
  const workers = [
    await start(startWorkerAgent, 'w1', 'north', client),
    await start(startWorkerAgent, 'w2', 'north', client),
  ] as const;
  const nodeIds = await eventually(20_000, async () => {
    const nodes = (await north.request('/v1/nodes', { token: 'root' })).json() as { ID: string; Name: string }[];
    const ids = ['w1', 'w2'].map((name) => nodes.find(({ Name }) => Name === name)?.ID ?? '');
    for (const id of ids) {
      expect((await north.request(`/v1/agent/host?node_id=${id}`, { token: 'root' })).status).toBe(200);
    }
    expect((await north.request('/v1/regions')).json()).toEqual(['north', 'south']);
    return ids as unknown as readonly [string, string];
  });
  return {
    north,
    south,
    workers,
    nodeIds,
    loggers,
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all([north.stop(), south.stop()]);
    },
  };
}

/** Opens a stream; what it has shown so far grows as it is read. */
async function openStream(agent: TestAgent, path: string) {
  const leave = new AbortController();
  const response = await fetch(agent.url + path, { signal: leave.signal });
  const reader = response.body?.getReader();
  let text = '';
  return {
    response,
    leave: () => leave.abort(),
    readUntil: async (part: string): Promise<string> => {
      while (!text.includes(part)) {
        const chunk = await reader?.read();
        if (chunk?.value === undefined) throw new Error(`the stream ended without ${part}: ${text}`);
        text += Buffer.from(chunk.value).toString();
      }
      return text;
    },
  };
}

/** How many calls of other agents this one is answering now; the JSON format tells of an interval that is over. */
async function relayedRequests(agent: TestAgent): Promise<number> {
  const { text } = await agent.request('/v1/metrics?format=prometheus');
  return [...text.matchAll(/^\w*rpc_requests_in_flight\S* (\d+)$/gm)].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
}

describe('requests that name another agent', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
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
      [south, `region=north&node_id=${first}`],
    ] as const) {
      expect(await hostOf(agent, search)).toMatchObject({ AgentID: first, HostData: { OS: expect.any(String) } });
    }
    expect(await hostOf(workers[0], `node_id=${second}`)).toMatchObject({ AgentID: second });
  });

  test('O3: a server by leader, name and id, from a client and across regions', async () => {
    const { north, south, workers } = cluster;
    const id = (
      (await ask(north, '/v1/agent/members')).json() as { Members: { Name: string; Tags: { id: string } }[] }
    ).Members.find(({ Name }) => Name === 'alder.north')?.Tags.id;
    for (const server of ['leader', 'alder.north', id]) {
      expect(await hostOf(workers[0], `server_id=${server}`)).toMatchObject({ AgentID: 'alder.north' });
      expect(await hostOf(south, `region=north&server_id=${server}`)).toMatchObject({ AgentID: 'alder.north' });
    }
    expect(await hostOf(workers[0], 'region=south&server_id=leader')).toMatchObject({ AgentID: 'birch.south' });
    // Without a target the agent asked answers, and the data stands alone.
    expect((await ask(workers[0], '/v1/agent/host')).json()).toHaveProperty('OS');
  });

  test('what every server tells, a client passes on; leaders are those of the region named', async () => {
    const { north, south, workers } = cluster;
    for (const path of ['/v1/agent/members', '/v1/regions', '/v1/status/leader', '/v1/status/peers', '/v1/nodes']) {
      expect((await ask(workers[0], path)).text).toBe((await ask(north, path)).text);
    }
    const leader = (await ask(south, '/v1/status/leader')).text;
    for (const agent of [north, workers[0]]) {
      expect((await ask(agent, '/v1/status/leader?region=south')).text).toBe(leader);
    }
    const relayed = await ask(south, '/v1/nodes?region=north&pretty');
    const direct = await ask(north, '/v1/nodes?pretty');
    expect(relayed.text).toBe(direct.text);
    for (const name of ['content-type', 'x-nomad-index', 'x-nomad-knownleader', 'x-nomad-lastcontact']) {
      expect(relayed.headers.get(name)).toBe(direct.headers.get(name));
    }
  });

  test('a snapshot is taken of, and restored to, the region that is named; a large one only at its leader', async () => {
    const { south, workers } = cluster;
    const path = '/v1/operator/snapshot?region=south';
    const direct = await ask(south, path);
    const relayed = await ask(workers[0], path);
    expect(relayed).toMatchObject({ status: 200, text: direct.text });
    expect(relayed.headers.get('digest')).toBe(direct.headers.get('digest'));
    const restore = (agent: TestAgent, body: string) => agent.request(path, { method: 'PUT', body });
    expect(await restore(workers[0], direct.text)).toMatchObject({ status: 200, text: '' });
    const large = direct.text + ' '.repeat(2 * 1024 * 1024);
    expect(await restore(workers[0], large)).toMatchObject({
      status: 413,
      text: 'request body is larger than 1048576 bytes',
    });
    expect((await restore(south, large)).text).toMatch(/^the snapshot cannot be used: /);
  });

  const stranger = '0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71';
  test.each([
    ['O4', 'host?server_id=nope', 500, 'unknown Nomad server nope'],
    ['O4', `host?node_id=${stranger}`, 404, `Unknown node "${stranger}"`],
    ['length', 'host?node_id=short', 500, 'node lookup failed: UUID must be 36 characters'],
    ['P6', 'pprof/cmdline?region=south&server_id=alder.north', 500, 'unknown Nomad server alder.north'],
    ['N10', 'monitor?region=bar&server_id=x', 400, 'No path to region'],
    ['monitor', 'monitor?server_id=nope', 400, 'unknown Nomad server nope'],
    ['monitor', `monitor?node_id=${stranger}`, 404, `Unknown node "${stranger}"`],
    ['region', 'pprof/heap?region=bar', 500, 'No path to region'],
  ])('%s: %s is %i', async (_, path, status, text) => {
    const direct = await ask(cluster.north, `/v1/agent/${path}`);
    expect(direct).toMatchObject({ status, text });
    // A client says of its server's failures where they come from.
    const viaClient = await ask(cluster.workers[1], `/v1/agent/${path}`);
    expect(viaClient).toMatchObject({ status, text: status === 500 ? `rpc error: ${text}` : text });
  });

  test('N8 N9: live logs of any agent, which stop there when the reader leaves', async () => {
    const { north, south, workers, nodeIds, loggers } = cluster;
    for (const [asked, search, from] of [
      [north, `node_id=${nodeIds[0]}`, workers[0]],
      [workers[1], `node_id=${nodeIds[0]}`, workers[0]],
      [workers[1], 'server_id=leader', north],
      [south, 'region=north&server_id=alder.north', north],
      [south, `region=north&node_id=${nodeIds[1]}`, workers[1]],
      [workers[0], 'region=south&server_id=birch.south', south],
    ] as const) {
      const stream = await openStream(asked, `/v1/agent/monitor?log_level=warn&plain=true&${search}`);
      expect([stream.response.status, stream.response.headers.get('content-type')]).toEqual([200, 'text/plain']);
      const line = `for ${search}`;
      // The stream of the other agent begins when its headers have come: what is logged now is in it.
      loggers.get(from)?.named('test').warn(line);
      expect(await stream.readUntil(line)).toMatch(/\[WARN\] {2}test: for /);
      expect(await relayedRequests(from)).toBeGreaterThan(0);
      stream.leave();
      await eventually(5_000, async () => expect(await relayedRequests(from)).toBe(0));
    }
  });

  test('profiles of any agent, byte for byte with their headers', async () => {
    const { north, workers, nodeIds } = cluster;
    for (const [asked, search] of [
      [north, `node_id=${nodeIds[0]}`],
      [workers[1], `node_id=${nodeIds[0]}`],
      [workers[1], 'server_id=alder.north'],
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

describe('who may, is decided again where the answer is', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ tokens: SPEC_TOKENS });
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
      [south, 'region=north&server_id=leader'],
    ] as const) {
      const reply = await agent.request(`/v1/agent/host?${search}`, token === '' ? {} : { token });
      expect(reply.status).toBe(status);
      if (status === 403) expect(reply.text).toBe('Permission denied');
    }
  });
});
