import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@steppe/testing';
import { Secret } from '@steppe/domain';
import type { TestAgent } from './test-agent.js';
import { startServerAgent } from './test-agent.js';

const running: TestAgent[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((agent) => agent.stop()));
});

interface MemberWire {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Status: string;
}

async function start(region: string, server: Record<string, unknown> = {}): Promise<TestAgent> {
  const agent = await startServerAgent({
    settings: { name: 'alder', region, server: { gossipProfile: 'local', ...server } },
  });
  running.push(agent);
  return agent;
}

const members = async (agent: TestAgent): Promise<readonly MemberWire[]> =>
  ((await agent.request('/v1/agent/members')).json() as { Members: MemberWire[] }).Members;

const statuses = async (agent: TestAgent): Promise<Record<string, string>> =>
  Object.fromEntries((await members(agent)).map(({ Name, Status }) => [Name, Status]));

async function gossipAddress(agent: TestAgent): Promise<string> {
  const [own] = await members(agent);
  return `${own?.Addr}:${own?.Port}`;
}

async function join(agent: TestAgent, other: TestAgent) {
  const address = await gossipAddress(other);
  return (await agent.request(`/v1/agent/join?address=${address}`, { method: 'PUT' })).json() as {
    error: string;
    num_joined: number;
  };
}

const put = (agent: TestAgent, path: string, body?: unknown) =>
  agent.request(path, { method: 'PUT', ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

describe('two servers of different regions', () => {
  test('join, know each other’s region, and see each other fail, left and pruned (F3 F4)', async () => {
    const [north, south] = [await start('north'), await start('south')];
    expect(await join(north, south)).toMatchObject({ error: '', num_joined: 1 });
    for (const agent of [north, south]) {
      await eventually(5_000, async () =>
        expect(await statuses(agent)).toEqual({ 'alder.north': 'alive', 'alder.south': 'alive' }),
      );
      expect((await agent.request('/v1/regions')).json()).toEqual(['north', 'south']);
      expect((await agent.request('/v1/agent/self')).json()).toMatchObject({
        stats: { nomad: { known_regions: '2' }, serf: { members: '2', failed: '0' } },
      });
    }

    // Alive: refuted, and pruning it is refused, as that would hide it from the pool.
    expect(await put(north, '/v1/agent/force-leave?node=alder.south&prune=1')).toMatchObject({
      status: 400,
      text: 'member alder.south is alive: only failed and left members can be pruned',
    });
    expect((await put(north, '/v1/agent/force-leave?node=alder.south')).status).toBe(200);
    await eventually(5_000, async () => expect(await statuses(north)).toMatchObject({ 'alder.south': 'alive' }));

    await running.splice(running.indexOf(south), 1)[0]?.stop();
    await eventually(20_000, async () => expect(await statuses(north)).toMatchObject({ 'alder.south': 'failed' }));
    const { Members } = (await north.request('/v1/agent/gossip?node=alder.south')).json() as {
      Members: { Suspicions: { Accusers: { Name: string }[]; Outcome: string }[] }[];
    };
    expect(Members[0]?.Suspicions.at(-1)).toMatchObject({ Accusers: [{ Name: 'alder.north' }], Outcome: 'died' });

    expect((await put(north, '/v1/agent/force-leave?node=alder.south')).status).toBe(200);
    expect(await statuses(north)).toMatchObject({ 'alder.south': 'left' });
    expect((await put(north, '/v1/agent/force-leave?node=alder.south&prune=1')).status).toBe(200);
    expect(await statuses(north)).toEqual({ 'alder.north': 'alive' });
    expect((await north.request('/v1/regions')).json()).toEqual(['north']);
  });

  test('a graceful leave is seen as left, never as failed', async () => {
    const [north, south] = [await start('north'), await start('south')];
    await join(north, south);
    await eventually(5_000, async () => expect(Object.keys(await statuses(south))).toHaveLength(2));
    await running.splice(running.indexOf(south), 1)[0]?.agent.leave();
    expect(await statuses(north)).toEqual({ 'alder.north': 'alive', 'alder.south': 'left' });
  });

  test('round trips are estimated once there were probes', async () => {
    const [north, south] = [await start('north'), await start('south')];
    await join(north, south);
    await eventually(15_000, async () => {
      const { Members } = (await north.request('/v1/agent/gossip')).json() as {
        Members: { Name: string; RTT: number | null }[];
      };
      expect(Members).toContainEqual(expect.objectContaining({ Name: 'alder.north', RTT: 0 }));
      expect(Members.find(({ Name }) => Name === 'alder.south')?.RTT).toBeGreaterThan(0);
    });
  });
});

describe('whom the pool takes', () => {
  test('a name that is not a server’s is refused by those who keep to servers, and taken by those who do not', async () => {
    const { LAN_TIMING, NetTransport, Serf } = await import('@steppe/gossip');
    const { noMetrics, silentLogger, SystemClock, SystemRandom } = await import('@steppe/runtime');
    const deps = { clock: new SystemClock(), random: new SystemRandom(), logger: silentLogger, metrics: noMetrics };
    const transport = new NetTransport({ host: '127.0.0.1', port: 0 }, deps);
    const cache = new Serf(
      { memberlist: { ...LAN_TIMING, name: 'cache-1' }, tags: { region: 'east' } },
      { transport, ...deps },
    );
    await cache.start();
    const { address, port } = cache.local();
    const [closed, open] = [await start('north'), await start('south', { openGossipPool: true })];
    try {
      expect((await put(closed, `/v1/agent/join?address=${address}:${port}`)).json()).toMatchObject({
        num_joined: 0,
        error: expect.stringContaining("member 'cache-1' is not a server"),
      });
      expect((await put(open, `/v1/agent/join?address=${address}:${port}`)).json()).toMatchObject({ num_joined: 1 });
      expect(await statuses(open)).toMatchObject({ 'alder.south': 'alive', 'cache-1': 'alive' });
      expect(await statuses(closed)).not.toHaveProperty('cache-1');
      // Shown, but no server: its region is nobody's.
      expect((await open.request('/v1/regions')).json()).not.toContain('east');
    } finally {
      await cache.stop();
    }
  });
});

describe('keys of the whole pool (K1 K3 K4)', () => {
  const [k1, k2] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];
  const keys = async (agent: TestAgent) =>
    ((await agent.request('/v1/agent/keyring/list')).json() as { Keys: Record<string, number> }).Keys;

  test('a rotation takes every member to the new key, and those without it stay out', async () => {
    const encrypted = { encrypt: new Secret(k1) };
    const [north, south] = [await start('north', encrypted), await start('south', encrypted)];
    await join(north, south);
    await eventually(5_000, async () => expect(Object.keys(await statuses(south))).toHaveLength(2));
    expect(await keys(south)).toEqual({ [k1]: 2 });
    expect((await put(north, '/v1/agent/keyring/rotate', { Key: k2 })).json()).toMatchObject({
      Keys: { [k2]: 2 },
      NumNodes: 2,
      PrimaryKeys: { [k2]: 2 },
    });
    expect(await keys(south)).toEqual({ [k2]: 2 });
    const late = await start('west', encrypted);
    expect(await join(late, north)).toMatchObject({ num_joined: 0 });
    expect(Object.keys(await statuses(north))).toHaveLength(2);
  });

  test('a rotation stops before it could cut off a member that is down, and names it', async () => {
    const encrypted = { encrypt: new Secret(k1) };
    const [north, south] = [await start('north', encrypted), await start('south', encrypted)];
    await join(north, south);
    await eventually(5_000, async () => expect(Object.keys(await statuses(south))).toHaveLength(2));
    await running.splice(running.indexOf(south), 1)[0]?.stop();
    await eventually(20_000, async () => expect(await statuses(north)).toMatchObject({ 'alder.south': 'failed' }));
    const reply = await put(north, '/v1/agent/keyring/rotate', { Key: k2 });
    expect(reply).toMatchObject({
      status: 500,
      text: 'key rotation stopped in phase install: alder.south would be cut off',
    });
    expect(await keys(north)).toEqual({ [k1]: 1 });
  });
});
