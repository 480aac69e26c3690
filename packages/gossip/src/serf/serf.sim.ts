import { afterEach, describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { KeyRing } from '../keyring/key-ring.js';
import { MemorySnapshotStore } from '../snapshot/memory-snapshot-store.js';
import { SIM_PORT, simHost } from '../simulation/sim-cluster.js';
import { encodeSerfMessage } from '../wire/serf-codec.js';
import type { QueryEvent, UserEvent } from './serf-event.js';
import { SerfCluster } from '../simulation/serf-cluster.js';
import type { SerfClusterOptions } from '../simulation/serf-cluster.js';

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

let cluster: SerfCluster;
afterEach(async () => {
  await cluster.stop();
  expect(cluster.clock.pending).toBe(0);
});

const pool = async (size: number, options: Partial<SerfClusterOptions> = {}): Promise<SerfCluster> =>
  (cluster = await SerfCluster.joined({ size, seed: 11, ...options }));

const userEvents = (name: string): string[] =>
  cluster
    .member(name)
    .events.filter((event): event is UserEvent => event.type === 'user')
    .map((event) => `${event.name}=${text(event.payload)}`);

const answerQueries = (): void => {
  for (const { name, serf } of cluster.members) {
    serf.onEvent((event) => {
      if (event.type === 'query') event.respond(Buffer.from(`${event.name} of ${name}`));
    });
  }
};

describe('membership', () => {
  test('ten members join one of them and see each other alive with their tags, each told once', async () => {
    await pool(10);
    for (const { name, serf } of cluster.members) {
      expect(serf.members()).toHaveLength(10);
      expect(serf.members().every(({ tags }) => tags['role'] === 'test')).toBe(true);
      for (const other of cluster.members) expect(cluster.history(name, other.name)).toEqual(['member-join']);
    }
    expect(cluster.serf('n3').local()).toMatchObject({ name: 'n3', address: simHost(3), port: SIM_PORT });
    expect(cluster.serf('n3').stats()).toMatchObject({ members: '10', failed: '0', left: '0', encrypted: 'false' });
  });

  test('a member that leaves is seen leaving and left, never failed', async () => {
    await pool(8);
    const seen = new Set<string | undefined>();
    const left = cluster.serf('n5').leave();
    await cluster.until(() => {
      for (const { name } of cluster.members) seen.add(cluster.status(name, 'n5'));
      return cluster.seenAs('n5', 'left');
    }, 3000);
    await cluster.settled(left);
    await cluster.kill('n5');
    await cluster.clock.advance(60_000);
    expect(seen).toEqual(new Set(['alive', 'leaving', 'left']));
    expect(cluster.seenAs('n5', 'left')).toBe(true);
    for (const { name } of cluster.members) {
      expect(cluster.history(name, 'n5')).toEqual(['member-join', 'member-leave']);
    }
  });

  test('a member that is killed is failed everywhere, and left once somebody forces it', async () => {
    await pool(8);
    await cluster.kill('n5');
    await cluster.until(() => cluster.seenAs('n5', 'failed'), 30_000);
    await cluster.settled(cluster.serf('n2').forceLeave('n5', { prune: false }));
    await cluster.until(() => cluster.seenAs('n5', 'left'), 2000);
    expect(cluster.history('n0', 'n5')).toEqual(['member-join', 'member-failed', 'member-leave']);
    expect(cluster.serf('n0').stats()).toMatchObject({ members: '8', failed: '0', left: '1' });
  });

  test('a pruned member is gone everywhere and does not come back by push/pull', async () => {
    await pool(8);
    await cluster.kill('n5');
    await cluster.until(() => cluster.seenAs('n5', 'failed'), 30_000);
    await cluster.settled(cluster.serf('n2').forceLeave('n5', { prune: true }));
    await cluster.until(() => cluster.seenAs('n5', undefined), 2000);
    await cluster.clock.advance(300_000);
    expect(cluster.seenAs('n5', undefined)).toBe(true);
    expect(cluster.history('n0', 'n5').slice(-2)).toEqual(['member-leave', 'member-reap']);
  });

  test('a live member is not pruned: we refuse to ask, and it refutes when others do', async () => {
    await pool(5);
    await expect(cluster.serf('n1').forceLeave('n2', { prune: true })).rejects.toMatchObject({
      code: 'MEMBER_NOT_PRUNABLE',
    });
    await cluster.settled(cluster.serf('n1').forceLeave('n2', { prune: false }));
    await cluster.until(() => cluster.seenAs('n2', 'alive'), 3000);
    await cluster.clock.advance(10_000);
    expect(cluster.seenAs('n2', 'alive')).toBe(true);
    for (const { name } of cluster.members) expect(cluster.history(name, 'n2')).toEqual(['member-join']);
  });

  test('a member that left comes back under another address', async () => {
    await pool(5);
    await cluster.settled(cluster.serf('n4').leave());
    await cluster.kill('n4');
    await cluster.until(() => cluster.seenAs('n4', 'left'), 3000);
    await cluster.boot('n4', '10.9.9.9');
    await cluster.join('n4', 'n0');
    await cluster.until(() => cluster.seenAs('n4', 'alive'), 3000);
    await cluster.clock.advance(60_000);
    expect(cluster.seenAs('n4', 'alive')).toBe(true);
    expect(
      cluster
        .serf('n1')
        .members()
        .find(({ name }) => name === 'n4')?.address,
    ).toBe('10.9.9.9');
  });

  test('changed tags reach everybody as an update and nothing else', async () => {
    await pool(6);
    await cluster.settled(cluster.serf('n3').setTags({ role: 'db', zone: 'z1' }));
    const updated = (): boolean =>
      cluster.members.every(({ serf }) => serf.members().find(({ name }) => name === 'n3')?.tags['zone'] === 'z1');
    await cluster.until(updated, 2000);
    for (const { name } of cluster.members) {
      expect(cluster.history(name, 'n3')).toEqual(['member-join', 'member-update']);
    }
    await expect(cluster.serf('n3').setTags({ big: 'x'.repeat(600) })).rejects.toMatchObject({
      code: 'GOSSIP_TAGS_TOO_LARGE',
    });
  });

  test('a pool that was split finds together again, though both sides had given each other up', async () => {
    await pool(4);
    cluster.network.partition([simHost(0), simHost(1)], [simHost(2), simHost(3)]);
    await cluster.until(() => cluster.allSee(2, 'failed'), 60_000);
    await cluster.clock.advance(60_000);
    cluster.network.heal();
    await cluster.until(() => cluster.allSee(4, 'alive'), 120_000);
  });

  test('whom the guard refuses does not get in, with the text of the guard', async () => {
    cluster = await SerfCluster.start({
      size: 2,
      seed: 3,
      memberGuard: ({ name, tags }) => (tags['role'] === 'nomad' ? undefined : `member '${name}' is not a server`),
      options: { tags: { role: 'nomad' } },
    });
    await cluster.join('n1', 'n0');
    await cluster.until(() => cluster.allSee(2, 'alive'));
    await cluster.boot('client', simHost(9), { tags: { role: 'web' } });
    const { joined, failures } = await cluster.join('n0', 'client');
    expect(joined).toBe(0);
    expect(failures[0]?.error.message).toBe("member 'client' is not a server");
    await cluster.clock.advance(5000);
    expect(cluster.serf('n0').members()).toHaveLength(2);
  });

  test('an address where nobody is, is a failure and no rejection', async () => {
    cluster = await SerfCluster.start({ size: 2, seed: 3 });
    const nowhere = { host: '10.8.8.8', port: SIM_PORT };
    const result = await cluster.settled(cluster.serf('n0').join([nowhere, { host: simHost(1), port: SIM_PORT }]));
    expect(result).toMatchObject({ joined: 1, failures: [{ address: nowhere }] });
  });
});

describe('user events', () => {
  test('twenty events of two members reach everybody exactly once', async () => {
    await pool(10);
    for (let i = 0; i < 20; i += 1) {
      cluster.serf(`n${i % 2}`).userEvent(`e${i}`, Buffer.from(`${i}`));
    }
    await cluster.until(() => cluster.members.every(({ name }) => userEvents(name).length >= 20), 3000);
    await cluster.clock.advance(60_000);
    const expected = Array.from({ length: 20 }, (_, i) => `e${i}=${i}`).toSorted();
    for (const { name } of cluster.members) expect(userEvents(name).toSorted()).toEqual(expected);
    expect(cluster.serf('n0').stats()['event_queue']).toBe('0');
  });

  test.each([
    [false, ['deploy=v1']],
    [true, []],
  ])('who joins later, ignoring old events: %s, hears %j', async (ignoreOldEvents, expected) => {
    await pool(3);
    cluster.serf('n0').userEvent('deploy', Buffer.from('v1'));
    await cluster.clock.advance(2000);
    await cluster.boot('late', simHost(7));
    await cluster.join('late', 'n1', { ignoreOldEvents });
    await cluster.clock.advance(60_000);
    expect(userEvents('late')).toEqual(expected);
    cluster.serf('n2').userEvent('deploy', Buffer.from('v2'));
    await cluster.clock.advance(2000);
    expect(userEvents('late')).toEqual([...expected, 'deploy=v2']);
  });

  test('lost gossip is made good by push/pull', async () => {
    await pool(4);
    cluster.network.setLink('*', simHost(3), { datagrams: 'drop' });
    cluster.serf('n0').userEvent('deploy', Buffer.from('v1'));
    await cluster.until(() => userEvents('n3').length === 1, 120_000);
    expect(userEvents('n3')).toEqual(['deploy=v1']);
  });
});

describe('queries', () => {
  test('all answer and acknowledge, also through relays, each counted once', async () => {
    await pool(8);
    answerQueries();
    const query = cluster.serf('n2').query('load', Buffer.from('?'), { ack: true, relayFactor: 2 });
    const { acks, responses } = await cluster.settled(query.done);
    const names = cluster.members.map(({ name }) => name);
    expect(acks.toSorted()).toEqual(names);
    expect([...responses.keys()].toSorted()).toEqual(names);
    expect(text(responses.get('n7'))).toBe('load of n7');
  });

  test('relays bring the answers that the direct way loses', async () => {
    await pool(8);
    answerQueries();
    cluster.network.setLink(simHost(5), simHost(2), { datagrams: 'drop' });
    const { responses } = await cluster.settled(
      cluster.serf('n2').query('load', Buffer.from('?'), { relayFactor: 3 }).done,
    );
    expect(responses.has('n5')).toBe(true);
  });

  test('only who passes the filters hears it', async () => {
    await pool(5);
    answerQueries();
    await cluster.settled(cluster.serf('n4').setTags({ role: 'db' }));
    const query = cluster.serf('n0').query('load', Buffer.from('?'), {
      filters: [
        { type: 'tag', tag: 'role', expression: '^d' },
        { type: 'node', names: ['n3', 'n4'] },
      ],
    });
    const { responses } = await cluster.settled(query.done);
    expect([...responses.keys()]).toEqual(['n4']);
    const heard = cluster.members.filter(({ events }) =>
      events.some((event): event is QueryEvent => event.type === 'query'),
    );
    expect(heard.map(({ name }) => name)).toEqual(['n4']);
  });
});

describe('coordinates', () => {
  test('members learn their round trips', async () => {
    cluster = await SerfCluster.start({ size: 3, seed: 5 });
    cluster.network.setConditions({ latencyMs: 20 });
    for (const name of ['n1', 'n2']) await cluster.join(name, 'n0');
    await cluster.clock.advance(300_000);
    expect(cluster.serf('n0').rttMs('n0', 'n1')).toBeCloseTo(40, -1);
    expect(cluster.serf('n0').rttMs('n1', 'n2')).toBeCloseTo(40, -1);
    expect(cluster.serf('n0').cachedCoordinate('stranger')).toBeUndefined();
  });
});

describe('keys', () => {
  const OLD = Buffer.alloc(32, 1);
  const NEW = Buffer.alloc(32, 2);

  test('the key of a pool is replaced while it works', async () => {
    const rings = new Map<string, KeyRing>();
    await pool(5, {
      keyring: (name) => {
        const ring = new KeyRing([OLD]);
        rings.set(name, ring);
        return ring;
      },
    });
    expect(cluster.serf('n1').stats()['encrypted']).toBe('true');
    await cluster.settled(cluster.serf('n1').keyManager.rotate(new Secret(NEW.toString('base64'))));
    for (const ring of rings.values()) expect(ring.keys).toEqual([NEW]);
    const reply = await cluster.settled(cluster.serf('n2').keyManager.list());
    expect(reply).toMatchObject({ numNodes: 5, numResponses: 5, numErrors: 0 });
    expect(reply.primaryKeys).toEqual(new Map([[NEW.toString('base64'), 5]]));
    cluster.serf('n3').userEvent('after', new Uint8Array());
    await cluster.until(() => cluster.members.every(({ name }) => userEvents(name).length === 1), 3000);
    await cluster.clock.advance(30_000);
    expect(cluster.allSee(5, 'alive')).toBe(true);
  });

  test('a rotation does not begin while a member is down', async () => {
    await pool(4, { keyring: () => new KeyRing([OLD]) });
    await cluster.kill('n3');
    await cluster.until(() => cluster.seenAs('n3', 'failed'));
    await expect(cluster.serf('n1').keyManager.rotate(new Secret(NEW.toString('base64')))).rejects.toMatchObject({
      detail: { code: 'KEY_ROTATION_STOPPED', missing: ['n3'] },
    });
  });
});

describe('restart', () => {
  const stores = new Map<string, MemorySnapshotStore>();
  const snapshotStore = (name: string): MemorySnapshotStore => {
    const store = stores.get(name) ?? new MemorySnapshotStore();
    stores.set(name, store);
    return store;
  };
  afterEach(() => stores.clear());

  test('a member that was killed finds its pool in its snapshot and hears no old event again', async () => {
    await pool(4, { snapshotStore });
    cluster.serf('n0').userEvent('deploy', Buffer.from('v1'));
    await cluster.clock.advance(3000);
    const before = Number(cluster.serf('n3').stats()['member_time']);
    await cluster.kill('n3');
    await cluster.until(() => cluster.seenAs('n3', 'failed'), 30_000);
    await cluster.boot('n3', simHost(3));
    await cluster.until(() => cluster.allSee(4, 'alive'), 3000);
    await cluster.clock.advance(60_000);
    expect(userEvents('n3')).toEqual([]);
    expect(Number(cluster.serf('n3').stats()['member_time'])).toBeGreaterThanOrEqual(before);
    expect(cluster.history('n0', 'n3')).toEqual(['member-join', 'member-failed', 'member-join']);
  });

  test('a member that left on purpose starts alone', async () => {
    await pool(3, { snapshotStore });
    await cluster.settled(cluster.serf('n2').leave());
    await cluster.kill('n2');
    await cluster.boot('n2', simHost(2));
    await cluster.clock.advance(10_000);
    expect(cluster.serf('n2').members()).toHaveLength(1);
  });
});

describe('claims', () => {
  test('a forged leave intent about a live member is refuted by it', async () => {
    await pool(6);
    const forged = encodeSerfMessage({ type: 'leave', lTime: 40, node: 'n4', prune: true });
    const attacker = cluster.network.transport({ host: '10.7.7.7', port: SIM_PORT });
    await attacker.start({ onPacket: () => undefined, onStream: () => undefined });
    attacker.send(Buffer.concat([Uint8Array.of(8), forged]), { host: simHost(0), port: SIM_PORT });
    await cluster.until(() => cluster.status('n0', 'n4') === 'leaving', 100);
    await cluster.until(() => cluster.seenAs('n4', 'alive'), 3000);
    await cluster.clock.advance(30_000);
    expect(cluster.seenAs('n4', 'alive')).toBe(true);
    for (const { name } of cluster.members) expect(cluster.history(name, 'n4')).toEqual(['member-join']);
    await attacker.stop();
  });

  test('with votes on, who comes second under a name stops, and the first goes on', async () => {
    await pool(5, { options: { resolveNameConflicts: true } });
    const first = cluster.serf('n1');
    const late = await cluster.boot('n1', '10.6.6.6');
    await cluster.settled(late.serf.join([{ host: simHost(0), port: SIM_PORT }]));
    await cluster.settled(late.serf.stopped);
    await cluster.clock.advance(10_000);
    expect(cluster.status('n0', 'n1')).toBe('alive');
    expect(
      cluster
        .serf('n0')
        .members()
        .find(({ name }) => name === 'n1')?.address,
    ).toBe(simHost(1));
    await first.stop();
  });
});
