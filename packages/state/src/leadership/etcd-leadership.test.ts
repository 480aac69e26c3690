import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import type { Clock } from '@steppe/runtime';
import { RecordingLogger, TcpProxy } from '@steppe/testing';
import { EtcdClient } from '../engine/etcd/etcd-client.js';
import { etcdKeys } from '../engine/etcd/etcd-keys.js';
import { EtcdLeadership } from './etcd-leadership.js';
import { EtcdCluster, HAS_ETCD } from '../testing/etcd-cluster.js';
import type { NoteServerOptions } from '../testing/note-server.js';
import { leaderOf, NoteServer, NOTES, until } from '../testing/note-server.js';

const suite = HAS_ETCD ? describe : describe.skip;
const cluster = new EtcdCluster({ network: '127.91.2', size: 3 });
const LEASE_SECONDS = 2;
class Server extends NoteServer {
  constructor(id: string, prefix: string, options: Partial<NoteServerOptions> = {}) {
    super(id, { prefix, addresses: cluster.addresses, leaseSeconds: LEASE_SECONDS, ...options });
  }
}
const runtime = { clock: new SystemClock(), logger: silentLogger, metrics: noMetrics, random: new SystemRandom() };
beforeAll(() => (HAS_ETCD ? cluster.start() : undefined), 30_000);
afterAll(() => cluster.stop());

suite('leadership of a region whose state is in etcd', () => {
  test('one server leads, all know it and one another, and the next follows when it stops', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map((id) => new Server(id, '/one').start()));
    await until(() =>
      servers.every(({ leadership }) => leadership.leader() !== undefined && leadership.peers().length === 3),
    );
    expect(servers.filter(({ leadership }) => leadership.isLeader)).toHaveLength(1);
    const first = leaderOf(servers) as Server;
    const others = servers.filter((server) => server !== first);
    for (const { leadership } of servers) {
      expect(leadership.leader()).toEqual({ id: first.id, rpcAddress: `${first.id}:4647` });
      expect(leadership.peers()).toEqual(['a:4647', 'b:4647', 'c:4647']);
      expect(leadership.term).toBe(first.leadership.term);
    }
    const { index } = await first.note('n', 'first');
    await expect((others[0] as Server).note('n')).rejects.toMatchObject({ code: 'STATE_NOT_LEADER' });
    const term = first.leadership.term;
    await first.stop();
    expect(first.changes.at(-1)).toBe(false);
    await until(() => leaderOf(others) !== undefined);
    const second = leaderOf(others) as Server;
    expect(second.leadership.term).toBeGreaterThan(term);
    // It has everything before it leads.
    expect(second.store.snapshot().get(NOTES, 'n')).toMatchObject({ text: 'first', modifyIndex: index });
    expect((await second.note('n', 'second')).index).toBeGreaterThan(index);
    await Promise.all(others.map((server) => server.stop()));
  }, 30_000);

  test('a leader that was paused finds itself deposed before it does anything, and cannot write', async () => {
    // The process is paused when its clock stands still: neither timers nor renewals happen.
    const system = new SystemClock();
    let isPaused = false;
    const clock: Clock = {
      now: () => system.now(),
      monotonic: () => system.monotonic(),
      setTimer: (ms, callback) => system.setTimer(ms, () => void (isPaused || callback())),
      setTicker: (ms, callback) => system.setTicker(ms, callback),
    };
    const first = await new Server('a', '/paused', { clock }).start();
    await until(() => first.leadership.isLeader);
    const second = await new Server('b', '/paused').start();
    await first.note('n', 'before');
    isPaused = true;
    const pausedAt = system.monotonic();
    await until(() => second.leadership.isLeader);
    expect(system.monotonic() - pausedAt).toBeLessThan(LEASE_SECONDS * 1_000 + 2_000);
    expect(first.leadership.isLeader).toBe(false);
    await expect(first.note('n', 'late')).rejects.toMatchObject({ code: 'STATE_NOT_LEADER' });
    await second.note('n', 'after');
    expect(second.store.snapshot().get(NOTES, 'n')?.text).toBe('after');
    await second.stop();
    await first.store.stop();
  }, 30_000);

  test('without etcd the leader steps down before its lease can end, and leads again when etcd is back', async () => {
    const server = await new Server('a', '/cut').start();
    await until(() => server.leadership.isLeader);
    const { index } = await server.note('n', 'before');
    for (const member of [0, 1, 2]) cluster.signal(member, 'SIGSTOP');
    const cutAt = performance.now();
    const write = server.note('m', 'unclear').catch((error: unknown) => error);
    await until(() => !server.leadership.isLeader);
    expect(performance.now() - cutAt).toBeLessThan(LEASE_SECONDS * 1_000);
    expect(server.leadership.leader()).toBeUndefined();
    expect(await write).toMatchObject({ code: 'STATE_OUTCOME_UNKNOWN' });
    for (const member of [0, 1, 2]) cluster.signal(member, 'SIGCONT');
    await until(() => server.leadership.isLeader);
    expect((await server.note('n', 'after')).index).toBeGreaterThan(index);
    await server.stop();
  }, 40_000);

  test('the death of an etcd member loses no acknowledged write, and costs the lead for a moment at most', async () => {
    const server = await new Server('a', '/member').start();
    await until(() => server.leadership.isLeader);
    const acknowledged: string[] = [];
    const over = new AbortController();
    const writer = (async () => {
      for (let n = 0; !over.signal.aborted; n += 1) {
        const id = `n${n}`;
        // Unclear and refused ones are not counted; they may be there or not.
        await server.note(id).then(
          () => acknowledged.push(id),
          () => new Promise((resolve) => setTimeout(resolve, 20)),
        );
      }
    })();
    await until(() => acknowledged.length > 20);
    for (const member of [0, 1]) {
      cluster.signal(member, 'SIGKILL');
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 20);
      cluster.startMember(member);
      const back = acknowledged.length;
      await until(() => acknowledged.length > back + 20);
    }
    over.abort();
    await writer;
    await server.stop();
    const reader = await new Server('b', '/member').start();
    const ids = new Set(
      reader.store
        .snapshot()
        .rows(NOTES)
        .map(({ id }) => id),
    );
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    await reader.stop();
  }, 60_000);

  test('a server that finds no etcd starts all the same, says what it waits for, and leads once etcd is there', async () => {
    const [host = ''] = cluster.addresses[0]?.split(':') ?? [];
    const proxy = new TcpProxy({ host, port: 2379 });
    proxy.setFault('closed');
    const { port } = await proxy.start({ host: '127.0.0.1', port: 0 });
    const logger = new RecordingLogger();
    const early = new Server('a', '/late', { addresses: [`127.0.0.1:${port}`], logger });
    await early.start();
    expect(early.leadership.leader()).toBeUndefined();
    await expect(early.note('n')).rejects.toMatchObject({ code: 'STATE_NOT_LEADER' });
    const waits = () => logger.lines.filter(({ message }) => message.startsWith('waiting for etcd'));
    await until(() => waits().length > 1);
    expect(waits().map(({ fields }) => fields)).toMatchObject([
      { error: expect.stringContaining(`etcd at 127.0.0.1:${port} does not answer: `), retry_ms: 500 },
      { retry_ms: 1_000 },
    ]);
    expect(logger.messages('info')).not.toContain('state opened');
    proxy.setFault('none');
    await until(() => early.leadership.isLeader);
    expect(logger.messages('info')).toContain('state opened');
    await early.note('n', 'there');
    expect(early.store.snapshot().get(NOTES, 'n')?.text).toBe('there');
    await early.stop();
    await proxy.stop();
  }, 30_000);

  test.each([
    ['has no state', { isStateRead: () => false, catchUp: () => Promise.resolve() }],
    ['cannot catch up', { isStateRead: () => true, catchUp: () => Promise.reject(new Error('no way to the state')) }],
  ])(
    'a server that %s leaves the lead to one that can lead',
    async (_, able) => {
      const prefix = `/unable/${able.isStateRead()}`;
      const client = new EtcdClient({ addresses: cluster.addresses }, runtime);
      const options = { serverId: 'unable', rpcAddress: () => 'unable:4647', leaseSeconds: LEASE_SECONDS };
      const unable = new EtcdLeadership(options, { ...runtime, ...able, client, keys: etcdKeys(prefix) });
      const changes: boolean[] = [];
      unable.onDidChange((leads) => void changes.push(leads));
      await unable.start();
      const other = await new Server('able', prefix).start();
      await until(() => other.leadership.isLeader && unable.leader()?.id === 'able');
      expect(changes).not.toContain(true);
      await Promise.all([unable.stop(), other.stop()]);
    },
    30_000,
  );

  test('a follower knows how old its state may be: hardly at all, growing while it is cut off, and little again after', async () => {
    const leader = await new Server('a', '/age').start();
    await until(() => leader.leadership.isLeader);
    const [host = ''] = cluster.addresses[0]?.split(':') ?? [];
    const proxy = new TcpProxy({ host, port: 2379 });
    const { port } = await proxy.start({ host: '127.0.0.1', port: 0 });
    // One that hears of nothing does not lose its lease meanwhile.
    const options = { addresses: [`127.0.0.1:${port}`], leaseSeconds: 30 };
    const follower = await new Server('b', '/age', options).start();
    await until(() => follower.leadership.leader() !== undefined);
    // Nobody writes, and yet it hears that there is nothing to be heard.
    const begun = performance.now();
    await until(() => performance.now() - begun > 2_500);
    expect(follower.store.ageMs).toBeLessThan(1_500);
    expect(leader.store.ageMs).toBe(0);
    proxy.setFault('held');
    const ages: number[] = [];
    await until(() => {
      ages.push(follower.store.ageMs);
      return (ages.at(-1) ?? 0) > 2_000;
    });
    await leader.note('n', 'unseen');
    expect(follower.textOf('n')).toBe('');
    expect(ages.length).toBeGreaterThan(50);
    const grows = ages.slice(1).filter((age, i) => age < (ages[i] ?? 0)).length;
    // At most one word of etcd was on its way when the network broke.
    expect(grows).toBeLessThanOrEqual(1);
    proxy.setFault('none');
    await until(() => follower.textOf('n') === 'unseen');
    await until(() => follower.store.ageMs < 1_500);
    await Promise.all([leader.stop(), follower.stop()]);
    await proxy.stop();
  }, 30_000);

  test('a watch of which nothing is heard any more is given up for another member', async () => {
    const addresses: string[] = [];
    const proxies: TcpProxy[] = [];
    for (const address of cluster.addresses.slice(0, 2)) {
      const proxy = new TcpProxy({ host: address.split(':')[0] ?? '', port: 2379 });
      const { port } = await proxy.start({ host: '127.0.0.1', port: 0 });
      proxies.push(proxy);
      addresses.push(`127.0.0.1:${port}`);
    }
    const leader = await new Server('a', '/silent').start();
    await until(() => leader.leadership.isLeader);
    const follower = await new Server('b', '/silent', { addresses, leaseSeconds: 30 }).start();
    await until(() => follower.leadership.leader() !== undefined);
    proxies[0]?.setFault('held');
    await leader.note('n', 'told');
    const toldAt = performance.now();
    await until(() => follower.textOf('n') === 'told');
    // Three seconds of silence, found out within one, and the next member.
    expect(performance.now() - toldAt).toBeLessThan(6_000);
    await Promise.all([leader.stop(), follower.stop()]);
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  }, 30_000);
});
