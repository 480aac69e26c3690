import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isSteppeError } from '@steppe/domain';
import type { NetworkFault } from '@steppe/testing';
import { RegisterHistory, SeededRandom, TcpProxy } from '@steppe/testing';
import { EtcdCluster, HAS_ETCD } from '../testing/etcd-cluster.js';
import { leaderOf, NoteServer, NOTES, until } from '../testing/note-server.js';

const suite = HAS_ETCD ? describe : describe.skip;
const cluster = new EtcdCluster({ network: '127.91.7', size: 3 });
const LEASE_SECONDS = 1;
const KEYS = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];
/** After these surely nothing was written. */
const REFUSED = new Set(['STATE_NOT_LEADER', 'STATE_DEPOSED', 'STATE_CONFLICT']);
const FAULTS: readonly NetworkFault[] = ['held', 'closed', 'replies-held', 'requests-held'];

beforeAll(() => (HAS_ETCD ? cluster.start() : undefined), 30_000);
afterAll(() => cluster.stop());

suite('three servers whose way to etcd breaks and mends', () => {
  const proxies: TcpProxy[][] = [];
  const servers: NoteServer[] = [];
  beforeAll(async () => {
    for (const id of ['a', 'b', 'c']) {
      const own = cluster.addresses.map((address) => new TcpProxy({ host: address.split(':')[0] ?? '', port: 2379 }));
      const bound = await Promise.all(own.map((proxy) => proxy.start({ host: '127.0.0.1', port: 0 })));
      const addresses = bound.map(({ host, port }) => `${host}:${port}`);
      proxies.push(own);
      servers.push(await new NoteServer(id, { prefix: '/history', addresses, leaseSeconds: LEASE_SECONDS }).start());
    }
  }, 30_000);
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await Promise.all(proxies.flat().map((proxy) => proxy.stop()));
  });

  test('every note reads and changes as if there were one copy of it', async () => {
    const history = new RegisterHistory<string>('', (error) =>
      isSteppeError(error) && REFUSED.has(error.code) ? 'nothing' : 'unknown',
    );
    const random = new SeededRandom(3);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
    const over = new AbortController();
    let values = 0;

    const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
    const lastSeen = new Map<string, string>();

    /** As the API reads: at the leader, from memory. Does not wait for writes: one that was cut off would be asked no more. */
    async function readAt(server: NoteServer): Promise<void> {
      for (; !over.signal.aborted; await pause()) {
        const key = pick(KEYS);
        const read = await history.read(key, async () => {
          if (!server.leadership.isLeader) throw new Error('not the leader');
          return server.textOf(key);
        });
        if (read !== undefined) lastSeen.set(key, read);
      }
    }

    /** Writes, and changes what was read last. */
    async function writeAt(server: NoteServer): Promise<void> {
      for (; !over.signal.aborted; await pause()) {
        const key = pick(KEYS);
        const value = `${server.id}${(values += 1)}`;
        if (random.next() < 0.5) {
          await history.write(key, value, () => server.note(key, value));
          continue;
        }
        const expected = lastSeen.get(key) ?? '';
        await history.cas(key, expected, value, async () => {
          const { value: isChanged } = await server.store.transact((tx) => {
            if ((tx.get(NOTES, key)?.text ?? '') !== expected) return false;
            tx.put(NOTES, { id: key, text: value });
            return true;
          });
          return isChanged;
        });
      }
    }

    await until(() => leaderOf(servers) !== undefined);
    const clients = servers.flatMap((server) => [readAt(server), writeAt(server)]);
    for (const fault of [...FAULTS, ...FAULTS]) {
      const leader = leaderOf(servers) as NoteServer;
      for (const proxy of proxies[servers.indexOf(leader)] ?? []) proxy.setFault(fault);
      await until(() => ![undefined, leader].includes(leaderOf(servers)));
      // The new one has written before the old one's network delivers what it held back.
      const before = history.counts.known;
      await until(() => history.counts.known > before + 20);
      for (const proxy of proxies.flat()) proxy.setFault('none');
      const after = history.counts.known;
      await until(() => leader.leadership.leader() !== undefined && history.counts.known > after + 20);
    }
    over.abort();
    await Promise.all(clients);
    expect(history.counts.known).toBeGreaterThan(300);
    // A line each: there are many operations.
    const violations = history.violations().map(({ key, operations }) => `${key}: ${JSON.stringify(operations)}`);
    expect(violations).toEqual([]);
    // All end with the same.
    await Promise.all(servers.map((server) => server.store.catchUp()));
    for (const key of KEYS) expect(new Set(servers.map((server) => server.textOf(key))).size).toBe(1);
  }, 60_000);
});
