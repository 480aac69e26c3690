import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EtcdCluster, HAS_ETCD } from '@steppe/state/testing';
import { eventually, ownLoopbackHost } from '@steppe/testing';
import { finished, steppe } from './built-agent.js';
import type { RunningAgent } from './cluster-agents.js';
import { ClusterAgents, get, getJson } from './cluster-agents.js';

jest.setTimeout(180_000);

const describeWithEtcd: (name: string, body: () => void) => void = HAS_ETCD ? describe : describe.skip;
const LEASE_SECONDS = 2;
const agents = new ClusterAgents();
const { running } = agents;

const server = (name: string, host: string, seed: string, region: string, state: string): Promise<RunningAgent> =>
  agents.server({ name, host, seeds: [seed], region, server: state });

afterEach(() => agents.killAll());
afterAll(() => agents.removeFiles());

describeWithEtcd('three servers that share their state through etcd, another region, three workers', () => {
  let etcd: EtcdCluster;
  beforeAll(async () => {
    // Beside our agents' own network.
    const [a, b, c = '0'] = ownLoopbackHost().split('.');
    etcd = new EtcdCluster({ network: `${a}.${b}.${(Number(c) + 125) % 250}`, size: 3 });
    await etcd.start();
  });
  afterAll(() => etcd.stop());

  test('scheduling row 140, 143: answer for each other, and go on when the leader is killed, and when the next is paused', async () => {
    const hosts = [ownLoopbackHost(), ownLoopbackHost(), ownLoopbackHost()];
    const [seed = ''] = hosts;
    const addresses = JSON.stringify(etcd.addresses);
    const state = `state { engine = "etcd" etcd { addresses = ${addresses} prefix = "/test" lease_ttl = "${LEASE_SECONDS}s" } }`;
    const servers: RunningAgent[] = [];
    for (const [i, host] of hosts.entries()) servers.push(await server(`s${i}`, host, seed, 'one', state));
    const other = await server('far', ownLoopbackHost(), seed, 'two', 'bootstrap_expect = 1');
    const workers = await Promise.all([0, 1, 2].map((i) => agents.worker(`w${i}`, ownLoopbackHost(), hosts)));

    // One leader, known to all, across regions too.
    const leaderOf = async (agent: RunningAgent) => getJson<string>(`${agent.url}/v1/status/leader?region=one`);
    const agreed = async (those: readonly RunningAgent[]): Promise<string> => {
      const leaders = await Promise.all(those.map(leaderOf));
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
    const nodesAt = async (agent: RunningAgent, query = '') =>
      getJson<{ ID: string; Name: string; Status: string }[]>(`${agent.url}/v1/nodes${query}`);
    await eventually(30_000, async () => {
      for (const each of [...servers, ...workers]) {
        const nodes = await nodesAt(each);
        expect(nodes.map(({ Name }) => Name).toSorted()).toEqual(['w0', 'w1', 'w2']);
      }
      expect(await nodesAt(other, '?region=one')).toHaveLength(3);
    });
    const nodes = await nodesAt(servers[0] as RunningAgent);
    const everywhere = [...servers, other, ...workers];
    const reachAll = async (those: readonly RunningAgent[]): Promise<void> => {
      for (const agent of those) {
        for (const { ID } of nodes) {
          const { AgentID } = await getJson<{ AgentID: string }>(`${agent.url}/v1/agent/host?region=one&node_id=${ID}`);
          expect(AgentID).toBe(ID);
        }
      }
    };
    await eventually(20_000, () => reachAll(everywhere));

    // Of the leader's workers three of four make room for its other work; those of the others do not.
    const byAddress = (address: string): RunningAgent =>
      servers.find(({ host }) => address === `${host}:4647`) ?? (servers[0] as RunningAgent);
    const expectPaused = async (those: readonly RunningAgent[]): Promise<void> => {
      for (const agent of those) {
        const { schedulers } = await getJson<{ schedulers: { status: string }[] }>(`${agent.url}/v1/agent/schedulers`);
        const { length } = schedulers;
        const paused = agent === byAddress(leader) && length > 1 ? Math.floor((3 * length) / 4) : 0;
        const expected = schedulers.map((_, i) => (i < paused ? 'Paused' : 'Started'));
        expect(schedulers.map(({ status }) => status)).toEqual(expected);
      }
    };
    await eventually(5_000, () => expectPaused(servers));
    for (const agent of everywhere) {
      const { AgentID } = await getJson<{ AgentID: string }>(`${agent.url}/v1/agent/host?region=one&server_id=leader`);
      expect(AgentID).toMatch(/^s\d\.one$/);
    }

    // The leader is killed: another one within the lease and a little, and everything is still there.
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const lost = byAddress(leader);
      const rest = servers.filter((each) => each !== lost && running.has(each));
      await agents.end(lost, signal);
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
      await eventually(5_000, () => expectPaused(rest));
      // Two of three are a pool still; the paused one comes back as a follower.
      if (signal === 'SIGSTOP') {
        lost.program.kill('SIGCONT');
        await eventually(30_000, async () => expect(await leaderOf(lost)).toBe(leader));
        await eventually(5_000, () => expectPaused([lost]));
      } else {
        servers.splice(servers.indexOf(lost), 1, await server(lost.name, lost.host, rest[0]?.host ?? '', 'one', state));
      }
    }

    // A node that nobody is connected to is out of reach, whichever server is asked.
    const [gone, ...stay] = workers as [RunningAgent, ...RunningAgent[]];
    const { ID } = nodes.find(({ Name }) => Name === gone.name) as { ID: string };
    await agents.end(gone, 'SIGKILL');
    await eventually(10_000, async () => {
      for (const agent of [...servers, ...stay]) {
        expect(await get(`${agent.url}/v1/agent/host?node_id=${ID}`)).toMatchObject({
          status: 404,
          text: 'No path to node',
        });
      }
    });
  });
});

describe('state that lives in one server', () => {
  test('a second server of the region is refused with a sentence that names the fix', async () => {
    const [first, second] = [ownLoopbackHost(), ownLoopbackHost()];
    await server('first', first, first, 'one', 'bootstrap_expect = 1');
    const config = agents.serverFile({
      name: 'second',
      host: second,
      seeds: [first],
      joinFirst: true,
      region: 'one',
      server: 'bootstrap_expect = 1',
    });
    const { code, text } = await finished(steppe('agent', `-config=${config}`));
    expect(code).toBe(1);
    expect(text).toMatch(/member 'first\.one' is a second server of region 'one'.*share the state.*etcd/);
  });

  test('outlives a kill: the node that registered is there after the restart', async () => {
    const host = ownLoopbackHost();
    const first = await server('keep', host, host, 'one', 'bootstrap_expect = 1');
    const client = await agents.worker('kept', ownLoopbackHost(), [host]);
    const names = async () =>
      (await getJson<{ Name: string; Status: string }[]>(`http://${host}:4646/v1/nodes`)).map(
        ({ Name, Status }) => `${Name} ${Status}`,
      );
    await eventually(30_000, async () => expect(await names()).toEqual(['kept ready']));
    await agents.end(client, 'SIGKILL');
    await agents.end(first, 'SIGKILL');
    await server('keep', host, host, 'one', 'bootstrap_expect = 1');
    expect(await names()).toEqual(['kept ready']);
  });
});
