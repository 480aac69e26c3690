import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EtcdCluster, HAS_ETCD } from '@steppe/state/testing';
import type { NetworkFault } from '@steppe/testing';
import { eventually, ownLoopbackHost, TcpProxy } from '@steppe/testing';
import { finished, steppe } from './built-agent.js';
import type { PlainReply, RunningAgent } from './cluster-agents.js';
import { ClusterAgents, get, getJson } from './cluster-agents.js';
import type { Attempt } from './node-writer.js';
import { NodeWriter, WRITE_DEADLINE_MS } from './node-writer.js';

jest.setTimeout(120_000);

const describeWithEtcd: (name: string, body: () => void) => void = HAS_ETCD ? describe : describe.skip;
const LEASE_SECONDS = 2;
/** What a server may answer a write with that it cannot make: each says whether anything was written. */
const DEFINITE =
  /^(?:No cluster leader|etcd did not answer: the write may or may not have been made|failed to reset heartbeat since server is not leader|.*does not lead.*|rpc: .*|dial tcp .*)$/;

const agents = new ClusterAgents();
afterEach(() => agents.killAll());
afterAll(() => agents.removeFiles());

describeWithEtcd('three servers whose way to etcd breaks', () => {
  const hosts = [ownLoopbackHost(), ownLoopbackHost(), ownLoopbackHost()];
  /** By server, then by member of etcd. */
  const proxies: TcpProxy[][] = [];
  const stateOf: string[] = [];
  let etcd: EtcdCluster;
  let writer: NodeWriter;

  beforeAll(async () => {
    const [a, b, c = '0'] = ownLoopbackHost().split('.');
    etcd = new EtcdCluster({ network: `${a}.${b}.${(Number(c) + 100) % 250}`, size: 3 });
    for (const _ of hosts) {
      const own = etcd.addresses.map((address) => new TcpProxy({ host: address.split(':')[0] ?? '', port: 2379 }));
      const bound = await Promise.all(own.map((proxy) => proxy.start({ host: '127.0.0.1', port: 0 })));
      const addresses = JSON.stringify(bound.map(({ host, port }) => `${host}:${port}`));
      proxies.push(own);
      stateOf.push(
        `state { engine = "etcd" etcd { addresses = ${addresses} prefix = "/test" lease_ttl = "${LEASE_SECONDS}s" } }`,
      );
    }
    writer = new NodeWriter();
  });
  afterAll(async () => {
    await writer.stop();
    await Promise.all(proxies.flat().map((proxy) => proxy.stop()));
    await etcd.stop();
  });

  const rpcOf = ({ host }: RunningAgent): string => `${host}:4647`;
  const leaderOf = (agent: RunningAgent) => getJson<string>(`${agent.url}/v1/status/leader?stale`);
  const agreed = async (those: readonly RunningAgent[]): Promise<RunningAgent> => {
    const [first, ...others] = await Promise.all(those.map(leaderOf));
    const leader = those.find((agent) => rpcOf(agent) === first);
    if (leader === undefined || others.some((other) => other !== first)) throw new Error('they do not agree');
    return leader;
  };
  const idsAt = async (agent: RunningAgent): Promise<ReadonlySet<string>> =>
    new Set((await getJson<{ ID: string }[]>(`${agent.url}/v1/nodes`)).map(({ ID }) => ID));
  const lost = async (agent: RunningAgent): Promise<readonly string[]> => {
    // What was acknowledged before the read began must be in it.
    const { acknowledged } = writer;
    const ids = await idsAt(agent);
    return acknowledged.filter((id) => !ids.has(id));
  };
  const lastContact = ({ headers }: PlainReply): number => {
    const text = headers.get('x-nomad-lastcontact') ?? '';
    expect(text).toMatch(/^\d+$/);
    return Number(text);
  };
  const expectDefinite = (attempts: readonly Attempt[]): void => {
    for (const { failure, tookMs } of attempts) {
      expect(tookMs).toBeLessThan(WRITE_DEADLINE_MS + 500);
      if (failure !== undefined) expect(failure.message).toMatch(DEFINITE);
    }
  };

  test('start without it, lead, are cut off, come back, and lose nothing that they have acknowledged', async () => {
    // Nothing listens where etcd should be.
    const servers = await Promise.all(
      hosts.map((host, i) =>
        agents.server({ name: `s${i}`, host, seeds: hosts, region: 'one', server: stateOf[i] ?? '' }),
      ),
    );
    const [first] = servers as [RunningAgent];
    const health = await get(`${first.url}/v1/agent/health`);
    expect([health.status, health.text]).toEqual([500, '{"server":{"ok":false,"message":"No cluster leader"}}']);
    expect((await get(`${first.url}/v1/agent/self`)).status).toBe(200);
    await first.program.waitFor('waiting for etcd: the state cannot be read');

    await etcd.start();
    let leader = await eventually(20_000, () => agreed(servers));
    expect((await get(`${first.url}/v1/agent/health`)).status).toBe(200);
    writer.run(hosts);
    await eventually(10_000, () => expect(writer.acknowledged.length).toBeGreaterThan(10));

    for (const fault of ['held', 'closed'] as const satisfies readonly NetworkFault[]) {
      const deposed = leader;
      const rest = servers.filter((server) => server !== deposed);
      const way = proxies[servers.indexOf(deposed)] ?? [];
      for (const proxy of way) proxy.setFault(fault);
      const cutAt = performance.now();
      leader = await eventually(20_000, async () => {
        const next = await agreed(rest);
        if (next === deposed) throw new Error('still the one that was cut off');
        return next;
      });
      expect(performance.now() - cutAt).toBeLessThan((LEASE_SECONDS + 2) * 1_000);

      // The one that is cut off can still be asked, and does not pretend.
      const ask = (path: string): Promise<PlainReply> => get(`${deposed.url}${path}`);
      await eventually(5_000, async () => expect(await leaderOf(deposed)).toBe(''));
      const [write, read, stale, health_] = await Promise.all([
        writer.write(deposed.host),
        ask('/v1/nodes'),
        ask('/v1/nodes?stale'),
        ask('/v1/agent/health'),
      ]);
      expect(write.failure?.message).toBe('No cluster leader');
      expect([read.status, read.text]).toEqual([500, 'No cluster leader']);
      expect([stale.status, stale.headers.get('x-nomad-knownleader')]).toEqual([200, 'false']);
      // At least as long ago as the others have another leader.
      expect(lastContact(stale)).toBeGreaterThan(1_000);
      expect(lastContact(await ask('/v1/nodes?stale'))).toBeGreaterThan(lastContact(stale));
      expect(lastContact(await get(`${leader.url}/v1/nodes?stale`))).toBe(0);
      expect(health_.status).toBe(500);
      const before = writer.acknowledged.length;
      await eventually(10_000, () => expect(writer.acknowledged.length).toBeGreaterThan(before + 5));

      for (const proxy of way) proxy.setFault('none');
      await eventually(15_000, async () => expect(await agreed(servers)).toBe(leader));
      await eventually(10_000, async () => expect(await lost(deposed)).toEqual([]));
      await eventually(5_000, async () => expect(lastContact(await ask('/v1/nodes?stale'))).toBeLessThan(1_500));
    }

    // One that is paused does not know of it, and must not act as if nothing had been.
    const paused = leader;
    const rest = servers.filter((server) => server !== paused);
    paused.program.kill('SIGSTOP');
    leader = await eventually(20_000, async () => {
      const next = await agreed(rest);
      if (next === paused) throw new Error('still the one that is paused');
      return next;
    });
    const written = writer.history.counts.known;
    await eventually(10_000, () => expect(writer.history.counts.known).toBeGreaterThan(written + 10));
    paused.program.kill('SIGCONT');
    await eventually(15_000, async () => expect(await agreed(servers)).toBe(leader));

    // Each member once, and then all of them.
    for (const member of [0, 1, 2]) {
      await etcd.restartMember(member);
      const before = writer.acknowledged.length;
      await eventually(15_000, () => expect(writer.acknowledged.length).toBeGreaterThan(before + 10));
    }
    await Promise.all([0, 1, 2].map((member) => etcd.restartMember(member)));
    const before = writer.acknowledged.length;
    await eventually(20_000, () => expect(writer.acknowledged.length).toBeGreaterThan(before + 10));
    await writer.stop();
    await eventually(15_000, async () => {
      await agreed(servers);
      for (const server of servers) expect(await lost(server)).toEqual([]);
    });
    expectDefinite(writer.attempts);
    expect(writer.history.counts.known).toBeGreaterThan(300);
    const violations = writer.history.violations();
    expect(violations.map(({ key, operations }) => `${key}: ${JSON.stringify(operations)}`)).toEqual([]);
  });

  test('an address that is none stops the start with a sentence that names it', async () => {
    const server = 'state { engine = "etcd" etcd { addresses = ["http://127.0.0.1:2379"] } }';
    const file = agents.serverFile({ name: 'bad', host: ownLoopbackHost(), seeds: [], region: 'one', server });
    const { code, text } = await finished(steppe('agent', `-config=${file}`));
    expect(code).toBe(1);
    expect(text).toContain(
      'server.state.etcd.addresses: must be host:port, IPv6 in brackets, without a scheme; got "http://127.0.0.1:2379"',
    );
  });
});
