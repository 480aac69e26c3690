import { afterEach, describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { noMetrics, SystemClock, SystemRandom } from '@steppe/runtime';
import { ownLoopbackHost, RecordingLogger } from '@steppe/testing';
import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { LOCAL_TIMING } from '../memberlist/options.js';
import type { GossipPoolDeps, GossipPoolOptions } from './gossip-pool.js';
import { GossipPool } from './gossip-pool.js';

const running: GossipPool[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((pool) => pool.stop()));
});

const { signal } = new AbortController();
const resolver = async (name: string): Promise<readonly string[]> => {
  if (/^[\d.:]+$/.test(name)) return [name];
  if (name === 'twice') return ['127.0.0.1', '127.0.0.1'];
  throw new Error(`lookup ${name}: no such host`);
};

async function startPool(options: Partial<GossipPoolOptions> = {}, deps: Partial<GossipPoolDeps> = {}) {
  const logger = new RecordingLogger();
  const pool = new GossipPool(
    { name: 'a.global', host: '127.0.0.1', port: 0, tags: () => ({ role: 'nomad' }), timing: LOCAL_TIMING, ...options },
    { clock: new SystemClock(), random: new SystemRandom(), logger, metrics: noMetrics, resolver, ...deps },
  );
  running.push(pool);
  await pool.start();
  return { pool, logger };
}

describe('a pool of one', () => {
  test('shows our member with the port it really has and the address others should use', async () => {
    const { pool } = await startPool({ advertiseHost: '10.0.0.5' });
    expect(pool.port).toBeGreaterThan(0);
    expect(pool.members()).toEqual([
      {
        name: 'a.global',
        address: '10.0.0.5',
        port: pool.port,
        status: 'alive',
        tags: { role: 'nomad' },
        protocol: { min: 1, max: 5, current: 2 },
        delegate: { min: 2, max: 5, current: 4 },
      },
    ]);
    expect(pool.members()).toBe(pool.members());
    expect(pool.local()).toBe(pool.members()[0]);
  });

  test('a port in use is one clear sentence, for TCP and for UDP', async () => {
    // On an address of our own, where nobody else can have the TCP port whose UDP port the system gives us.
    const host = ownLoopbackHost();
    const { pool } = await startPool({ host });
    await expect(startPool({ host, port: pool.port })).rejects.toMatchObject({
      code: 'GOSSIP_LISTEN_FAILED',
      message: `listen tcp ${host}:${pool.port}: bind: address already in use`,
    });
    const udp = createSocket('udp4');
    await new Promise<void>((resolve) => udp.bind(0, host, resolve));
    const { port } = udp.address();
    await expect(startPool({ host, port })).rejects.toMatchObject({
      code: 'GOSSIP_LISTEN_FAILED',
      message: `listen udp ${host}:${port}: bind: address already in use`,
    });
    await new Promise<void>((resolve) => udp.close(resolve));
  });

  test('leaving goes through leaving to left, and listeners hear of it', async () => {
    const { pool } = await startPool();
    const statuses: string[] = [];
    pool.onDidChange(() => statuses.push(pool.local().status));
    await pool.leave();
    expect(pool.local().status).toBe('left');
    expect(statuses.at(-1)).toBe('left');
    expect(pool.stats()).toMatchObject({ members: '1', left: '1', encrypted: 'false' });
  });

  test('forcing ourselves out, or nobody, has no effect', async () => {
    const { pool } = await startPool();
    for (const name of ['a.global', 'nobody']) await pool.forceLeave(name, { prune: true });
    expect(pool.local().status).toBe('alive');
  });
});

describe('joining', () => {
  test('our own address is a contact each time it is given, under any way to write it', async () => {
    const { pool } = await startPool();
    const own = `127.0.0.1:${pool.port}`;
    expect(await pool.join([own, own, '127.0.0.1', `a.global/${own}`, `twice:${pool.port}`], { signal })).toEqual({
      joined: 6,
      errors: [],
    });
  });

  test.each([
    ['127.0.0.1:1', 'failed to join 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused'],
    ['127.98.7.6:4647', /4647 is the RPC port of servers; gossip listens on 4648/],
    ['[::1]:1', /^failed to join \[::1\]:1: /],
    ['nobody', 'failed to resolve nobody: lookup nobody: no such host'],
    ['', 'failed to resolve : not a host with an optional port'],
    ['127.0.0.1:0', 'failed to resolve 127.0.0.1:0: invalid port 0'],
    ['127.0.0.1:99999', 'failed to resolve 127.0.0.1:99999: invalid port 99999'],
    ['127.0.0.1:1:1', 'failed to resolve 127.0.0.1:1:1: not a host with an optional port'],
    ['/127.0.0.1', 'failed to resolve /127.0.0.1: empty node name provided'],
    ['[nope]:1', 'failed to resolve [nope]:1: not a host with an optional port'],
    ['bad host', 'failed to resolve bad host: not a host name'],
  ])('%s fails with its cause', async (address, message) => {
    const { pool } = await startPool();
    const { joined, errors } = await pool.join([address], { signal });
    expect(joined).toBe(0);
    expect(errors).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)]);
  });

  test('somebody who hangs up is not joined', async () => {
    const { pool } = await startPool();
    const other = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { joined, errors } = await pool.join([`127.0.0.1:${port}`], { signal });
    expect(joined).toBe(0);
    expect(errors).toEqual([expect.stringContaining(`failed to join 127.0.0.1:${port}: `)]);
    await new Promise((resolve) => other.close(resolve));
  });

  test('whom the guard refuses is not joined, and the reason is told', async () => {
    const { pool: other } = await startPool({ name: 'b.global', tags: () => ({ role: 'web' }) });
    const memberGuard = ({ name, tags }: { readonly name: string; readonly tags: Readonly<Record<string, string>> }) =>
      tags['role'] === 'nomad' ? undefined : `member '${name}' is not a server`;
    const { pool } = await startPool({}, { memberGuard });
    const { joined, errors } = await pool.join([`127.0.0.1:${other.port}`], { signal });
    expect(joined).toBe(0);
    expect(errors).toEqual([expect.stringContaining("member 'b.global' is not a server")]);
    expect(pool.members()).toHaveLength(1);
  });

  test('a caller that gives up ends the attempt', async () => {
    const { pool } = await startPool();
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    expect((await pool.join(['127.0.0.1:1'], { signal: abort.signal })).joined).toBe(0);
  });
});

describe('keys', () => {
  const key = (byte: number, size = 32): Secret => new Secret(Buffer.alloc(size, byte).toString('base64'));

  test('without encryption every operation fails', async () => {
    const { pool } = await startPool();
    const failure = { code: 'KEYRING_OPERATION_FAILED', message: '1/1 nodes reported failure' };
    await expect(pool.keyring().list()).rejects.toMatchObject(failure);
    await expect(pool.keyring().install(key(1))).rejects.toMatchObject(failure);
    await expect(pool.keyring().rotate(key(1))).rejects.toMatchObject(failure);
  });

  test.each([16, 24, 32])('a key of %i bytes is installed, used and removed', async (size) => {
    const { pool } = await startPool({ encryptKey: key(1) });
    const keyring = pool.keyring();
    const second = key(2, size);
    expect((await keyring.install(second)).numNodes).toBe(1);
    expect([...(await keyring.list()).keys.values()]).toEqual([1, 1]);
    await expect(keyring.remove(key(1))).rejects.toMatchObject({ code: 'KEYRING_OPERATION_FAILED' });
    await keyring.use(second);
    await keyring.remove(key(1));
    expect([...(await keyring.list()).primaryKeys]).toEqual([[second.reveal(), 1]]);
    expect(pool.stats()['encrypted']).toBe('true');
  });

  test('a rotation leaves one key, in use', async () => {
    const { pool } = await startPool({ encryptKey: key(1) });
    const { keys, primaryKeys } = await pool.keyring().rotate(key(3));
    expect([[...keys], [...primaryKeys]]).toEqual([[[key(3).reveal(), 1]], [[key(3).reveal(), 1]]]);
  });

  test('what is no key is refused, and never shown', async () => {
    const { pool, logger } = await startPool({ encryptKey: key(1) });
    const keyring = pool.keyring();
    await expect(keyring.install(new Secret('not base64!'))).rejects.toMatchObject({ code: 'KEYRING_KEY_INVALID' });
    await expect(keyring.install(key(2, 15))).rejects.toMatchObject({ code: 'KEYRING_OPERATION_FAILED' });
    await expect(keyring.use(key(9))).rejects.toMatchObject({ code: 'KEYRING_OPERATION_FAILED' });
    await expect(keyring.remove(key(9))).resolves.toMatchObject({ numNodes: 1 });
    expect(JSON.stringify(logger.lines)).not.toContain(key(9).reveal());
  });
});
