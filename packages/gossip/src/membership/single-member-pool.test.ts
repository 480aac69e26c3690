import { afterEach, describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { noMetrics, SystemClock } from '@steppe/runtime';
import { RecordingLogger } from '@steppe/testing';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { SingleMemberPool } from './single-member-pool.js';
import type { SingleMemberPoolOptions } from './single-member-pool.js';

const running: SingleMemberPool[] = [];
afterEach(async () => {
  for (const pool of running.splice(0)) await pool.stop();
});

const signal = new AbortController().signal;
async function startPool(options: Partial<SingleMemberPoolOptions> = {}) {
  const logger = new RecordingLogger();
  const resolver = async (name: string) => {
    if (name === 'twice') return ['127.0.0.1', '127.0.0.1'];
    throw new Error(`lookup ${name}: no such host`);
  };
  const pool = new SingleMemberPool(
    { name: 'a.global', host: '127.0.0.1', port: 0, tags: () => ({ role: 'nomad' }), ...options },
    { clock: new SystemClock(), logger, metrics: noMetrics, resolver },
  );
  running.push(pool);
  await pool.start();
  return { pool, logger };
}

describe('a pool of one', () => {
  test('shows our member with the port it really has, the same list until something changes', async () => {
    const { pool } = await startPool({ advertiseHost: '10.0.0.5' });
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
    expect(pool.port).toBeGreaterThan(0);
    expect(pool.members()).toBe(pool.members());
    expect(pool.local()).toBe(pool.members()[0]);
  });

  test('a port in use is one clear sentence, for TCP and for UDP', async () => {
    const { pool } = await startPool();
    const address = `127.0.0.1:${pool.port}`;
    await expect(startPool({ port: pool.port })).rejects.toMatchObject({
      code: 'GOSSIP_LISTEN_FAILED',
      message: `listen tcp ${address}: bind: address already in use`,
    });
    const udp = createSocket('udp4');
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
    await expect(startPool({ port: udp.address().port })).rejects.toMatchObject({
      message: `listen udp 127.0.0.1:${udp.address().port}: bind: address already in use`,
    });
    await new Promise<void>((resolve) => udp.close(resolve));
  });

  test('others are not let in: streams end, datagrams vanish, the log says so once', async () => {
    const { pool, logger } = await startPool();
    for (let i = 0; i < 3; i += 1) {
      await new Promise<void>((resolve) => {
        connect(pool.port, '127.0.0.1')
          .on('error', () => undefined)
          .once('close', () => resolve())
          .resume();
      });
    }
    expect(logger.messages('debug')).toEqual(['gossip from another agent is not taken: this pool has one member']);
    expect(pool.members()).toHaveLength(1);
  });

  test('leaving goes through leaving to left, and listeners hear of it', async () => {
    const { pool } = await startPool();
    const statuses: string[] = [];
    const unlisten = pool.onDidChange(() => statuses.push(pool.local().status));
    await pool.leave();
    unlisten();
    expect(statuses).toEqual(['leaving', 'left']);
    expect(pool.stats()).toMatchObject({ members: '1', left: '1', encrypted: 'false' });
  });

  test('nobody can be forced out but members that failed, and there are none', async () => {
    const { pool } = await startPool();
    const before = pool.members();
    await pool.forceLeave();
    expect(pool.members()).toBe(before);
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
    ['127.0.0.1:1', 'failed to join 127.0.0.1:1: connect: connection refused'],
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

  test('somebody else who answers is not joined, and told apart from nobody', async () => {
    const { pool } = await startPool();
    const other = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await pool.join([`127.0.0.1:${port}`], { signal })).toEqual({
      joined: 0,
      errors: [`failed to join 127.0.0.1:${port}: this version holds a pool of one member`],
    });
    await new Promise((resolve) => other.close(resolve));
  });

  test('a caller that gives up ends the attempt', async () => {
    const { pool } = await startPool();
    const abort = new AbortController();
    abort.abort();
    expect((await pool.join(['127.0.0.1:1'], { signal: abort.signal })).joined).toBe(0);
  });
});

describe('keys', () => {
  const key = (byte: number, size = 32): Secret => new Secret(Buffer.alloc(size, byte).toString('base64'));

  test('without encryption every operation fails as it would in a pool', async () => {
    const { pool } = await startPool();
    const keyring = pool.keyring();
    const failure = { code: 'KEYRING_OPERATION_FAILED', message: '1/1 nodes reported failure' };
    await expect(keyring.list()).rejects.toMatchObject(failure);
    await expect(keyring.install(key(1))).rejects.toMatchObject(failure);
  });

  test.each([16, 24, 32])('a key of %i bytes is installed, used and removed', async (size) => {
    const first = key(1);
    const { pool } = await startPool({ encryptKey: first });
    const keyring = pool.keyring();
    const second = key(2, size);
    expect((await keyring.install(second)).numNodes).toBe(1);
    expect([...(await keyring.list()).keys]).toEqual([
      [first.reveal(), 1],
      [second.reveal(), 1],
    ]);
    await expect(keyring.remove(first)).rejects.toMatchObject({ code: 'KEYRING_OPERATION_FAILED' });
    await keyring.use(second);
    await keyring.remove(first);
    expect([...(await keyring.list()).keys.keys()]).toEqual([second.reveal()]);
    expect(pool.stats()['encrypted']).toBe('true');
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
