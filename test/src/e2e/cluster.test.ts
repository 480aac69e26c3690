import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EtcdCluster, HAS_ETCD } from '@steppe/state/testing';
import type { Program } from '@steppe/testing';
import { ownLoopbackHost } from '@steppe/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../interop/eventually.js';
import { finished, steppe, steppeWorker } from './built-agent.js';

jest.setTimeout(180_000);

const describeWithEtcd: (name: string, body: () => void) => void = HAS_ETCD ? describe : describe.skip;
const folder = mkdtempSync(join(tmpdir(), 'steppe-cluster-'));
const KEY = Buffer.alloc(32, 5).toString('base64');
const LEASE_SECONDS = 2;

interface Running {
  readonly name: string;
  readonly host: string;
  readonly url: string;
  readonly program: Program;
}

const running = new Set<Running>();

async function launch(
  run: typeof steppe,
  args: readonly string[],
  name: string,
  host: string,
  text: string,
): Promise<Running> {
  const config = join(folder, `${name}.hcl`);
  writeFileSync(
    config,
    `name = "${name}"
     bind_addr = "${host}"
     advertise { http = "${host}" rpc = "${host}" serf = "${host}" }
     data_dir = "${join(folder, name)}"
     enable_debug = true
     ${text}`,
  );
  const agent = { name, host, url: `http://${host}:4646`, program: run(...args, `-config=${config}`) };
  running.add(agent);
  await agent.program.waitFor('==> Steppe agent started!');
  return agent;
}

async function end(agent: Running, signal: NodeJS.Signals): Promise<void> {
  agent.program.kill(signal);
  if (signal === 'SIGSTOP') return;
  running.delete(agent);
  await agent.program.exit;
}

const server = (name: string, host: string, seed: string, region: string, state: string): Promise<Running> =>
  launch(
    steppe,
    ['agent'],
    name,
    host,
    `region = "${region}"
     server {
       enabled = true
       encrypt = "${KEY}"
       server_join { retry_join = ["${seed}"] retry_interval = "1s" }
       ${state}
     }`,
  );

const worker = (name: string, host: string, servers: readonly string[]): Promise<Running> =>
  launch(
    steppeWorker,
    [],
    name,
    host,
    `region = "one"
     server { encrypt = "${KEY}" }
     client { servers = ${JSON.stringify(servers.map((each) => `${each}:4647`))} }`,
  );

const get = async (url: string): Promise<{ readonly status: number; readonly text: string }> => {
  const reply = await fetch(url, { signal: AbortSignal.timeout(15_000) });
  return { status: reply.status, text: await reply.text() };
};
const getJson = async <T>(url: string): Promise<T> => {
  const { status, text } = await get(url);
  if (status !== 200) throw new Error(`${url}: ${status} ${text}`);
  return JSON.parse(text) as T;
};

afterEach(async () => {
  await Promise.all([...running].map((agent) => end(agent, 'SIGKILL')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWithEtcd('three servers that share their state through etcd, another region, three workers', () => {
  let etcd: EtcdCluster;
  beforeAll(async () => {
    // Beside our agents' own network.
    const [a, b, c = '0'] = ownLoopbackHost().split('.');
    etcd = new EtcdCluster({ network: `${a}.${b}.${(Number(c) + 125) % 250}`, size: 3 });
    await etcd.start();
  });
  afterAll(() => etcd.stop());

  test('answer for each other, and go on when the leader is killed, and when the next is paused', async () => {
    const hosts = [ownLoopbackHost(), ownLoopbackHost(), ownLoopbackHost()];
    const [seed = ''] = hosts;
    const addresses = JSON.stringify(etcd.addresses);
    const state = `state { engine = "etcd" etcd { addresses = ${addresses} prefix = "/test" lease_ttl = "${LEASE_SECONDS}s" } }`;
    const servers: Running[] = [];
    for (const [i, host] of hosts.entries()) servers.push(await server(`s${i}`, host, seed, 'one', state));
    const other = await server('far', ownLoopbackHost(), seed, 'two', 'bootstrap_expect = 1');
    const workers = await Promise.all([0, 1, 2].map((i) => worker(`w${i}`, ownLoopbackHost(), hosts)));

    // One leader, known to all, across regions too.
    const leaderOf = async (agent: Running) => getJson<string>(`${agent.url}/v1/status/leader?region=one`);
    const agreed = async (agents: readonly Running[]): Promise<string> => {
      const leaders = await Promise.all(agents.map(leaderOf));
      expect(new Set(leaders).size).toBe(1);
      return leaders[0] ?? '';
    };
    let leader = await eventually(20_000, () => agreed([...servers, other]));
    for (const each of servers) {
      const peers = await getJson<string[]>(`${each.url}/v1/status/peers`);
      expect(peers.toSorted()).toEqual(hosts.map((host) => `${host}:4647`).toSorted());
      expect((await get(`${each.url}/v1/agent/health`)).status).toBe(200);
    }

    // Nodes are the same from everywhere, and each can be asked from everywhere.
    const nodesAt = async (agent: Running, query = '') =>
      getJson<{ ID: string; Name: string; Status: string }[]>(`${agent.url}/v1/nodes${query}`);
    await eventually(30_000, async () => {
      for (const each of [...servers, ...workers]) {
        const nodes = await nodesAt(each);
        expect(nodes.map(({ Name }) => Name).toSorted()).toEqual(['w0', 'w1', 'w2']);
      }
      expect(await nodesAt(other, '?region=one')).toHaveLength(3);
    });
    const nodes = await nodesAt(servers[0] as Running);
    const everywhere = [...servers, other, ...workers];
    const reachAll = async (agents: readonly Running[]): Promise<void> => {
      for (const agent of agents) {
        for (const { ID } of nodes) {
          const { AgentID } = await getJson<{ AgentID: string }>(`${agent.url}/v1/agent/host?region=one&node_id=${ID}`);
          expect(AgentID).toBe(ID);
        }
      }
    };
    await eventually(20_000, () => reachAll(everywhere));
    for (const agent of everywhere) {
      const { AgentID } = await getJson<{ AgentID: string }>(`${agent.url}/v1/agent/host?region=one&server_id=leader`);
      expect(AgentID).toMatch(/^s\d\.one$/);
    }

    // The leader is killed: another one within the lease and a little, and everything is still there.
    const byAddress = (address: string): Running =>
      servers.find(({ host }) => address === `${host}:4647`) ?? (servers[0] as Running);
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const lost = byAddress(leader);
      const rest = servers.filter((each) => each !== lost && running.has(each));
      await end(lost, signal);
      const begun = performance.now();
      const next = await eventually(30_000, async () => {
        const now = await agreed(rest);
        expect(now).not.toBe(leader);
        return now;
      });
      expect(performance.now() - begun).toBeLessThan((LEASE_SECONDS + 8) * 1_000);
      expect(rest.map(({ host }) => `${host}:4647`)).toContain(next);
      await eventually(30_000, async () => {
        for (const agent of rest) {
          expect((await nodesAt(agent)).map(({ Name }) => Name).toSorted()).toEqual(['w0', 'w1', 'w2']);
        }
        await reachAll(rest);
      });
      leader = next;
      // Two of three are a pool still; the paused one comes back as a follower.
      if (signal === 'SIGSTOP') {
        lost.program.kill('SIGCONT');
        await eventually(30_000, async () => expect(await leaderOf(lost)).toBe(leader));
      } else {
        servers.splice(servers.indexOf(lost), 1, await server(lost.name, lost.host, rest[0]?.host ?? '', 'one', state));
      }
    }
  });
});

describe('state that lives in one server', () => {
  test('a second server of the region is refused with a sentence that names the fix', async () => {
    const [first, second] = [ownLoopbackHost(), ownLoopbackHost()];
    await server('first', first, first, 'one', 'bootstrap_expect = 1');
    const config = join(folder, 'second.hcl');
    writeFileSync(
      config,
      `name = "second"
       region = "one"
       bind_addr = "${second}"
       advertise { http = "${second}" rpc = "${second}" serf = "${second}" }
       data_dir = "${join(folder, 'second')}"
       server { enabled = true bootstrap_expect = 1 encrypt = "${KEY}" server_join { start_join = ["${first}"] } }`,
    );
    const { code, text } = await finished(steppe('agent', `-config=${config}`));
    expect(code).toBe(1);
    expect(text).toMatch(/member 'first\.one' is a second server of region 'one'.*share the state.*etcd/);
  });

  test('outlives a kill: the node that registered is there after the restart', async () => {
    const host = ownLoopbackHost();
    const first = await server('keep', host, host, 'one', 'bootstrap_expect = 1');
    const client = await worker('kept', ownLoopbackHost(), [host]);
    const names = async () =>
      (await getJson<{ Name: string; Status: string }[]>(`http://${host}:4646/v1/nodes`)).map(
        ({ Name, Status }) => `${Name} ${Status}`,
      );
    await eventually(30_000, async () => expect(await names()).toEqual(['kept ready']));
    await end(client, 'SIGKILL');
    await end(first, 'SIGKILL');
    await server('keep', host, host, 'one', 'bootstrap_expect = 1');
    expect(await names()).toEqual(['kept ready']);
  });
});
