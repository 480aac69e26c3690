import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import { RecordingLogger } from '@steppe/testing';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EtcdCluster, HAS_ETCD } from '../../testing/etcd-cluster.js';
import { EngineStateStore } from '../../store/state-store.js';
import { createEtcdState } from './create-etcd-state.js';
import type { EtcdClientOptions } from './etcd-client.js';
import { EtcdClient } from './etcd-client.js';

const runtime = { clock: new SystemClock(), logger: silentLogger, metrics: noMetrics };
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const clients: EtcdClient[] = [];
const clientOf = (options: EtcdClientOptions) => {
  const client = new EtcdClient(options, runtime);
  clients.push(client);
  return client;
};
const storeOf = (options: EtcdClientOptions, logger: Logger) => {
  const deps = { ...runtime, random: new SystemRandom(), logger };
  const server = { prefix: '/store', serverId: 'a', rpcAddress: () => '' };
  return new EngineStateStore(
    { tables: [] },
    { ...deps, engine: createEtcdState({ ...options, ...server }, deps).engine },
  );
};
const write = (client: EtcdClient, key: string, timeoutMs = 2_000) =>
  client.txn({ compare: [], success: [{ put: { key, value: 'x' } }], failure: [] }, { timeoutMs });
afterAll(() => clients.forEach((client) => client.close()));

(HAS_ETCD ? describe : describe.skip)('etcd with users', () => {
  const cluster = new EtcdCluster({ network: '127.91.4' });
  const { addresses } = cluster;
  const post = (path: string, body: object) =>
    fetch(`http://${addresses[0]}/v3/auth/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const user = { name: 'root', password: new Secret('right') };
  beforeAll(async () => {
    await cluster.start();
    await post('user/add', { name: 'root', password: 'right' });
    await post('role/add', { name: 'root' });
    await post('user/grant', { user: 'root', role: 'root' });
    expect((await post('enable', {})).ok).toBe(true);
  });
  afterAll(() => cluster.stop());

  test('a user with the right password reads, writes, watches and holds a lease', async () => {
    const client = clientOf({ addresses, user });
    const { header } = await write(client, 'k');
    const watched = new Promise((resolve, reject) => {
      const onResponse = ({ events }: { events: readonly unknown[] }) => events.length > 0 && resolve(events.length);
      client.watch({ key: 'k', startRevision: header?.revision ?? 0 }, { onResponse, onEnd: reject });
    });
    expect(await watched).toBe(1);
    const { id } = await client.leaseGrant(5);
    expect(await client.leaseKeepAlive(id)).toEqual({ id, ttl: 5 });
    await client.leaseRevoke(id);
    expect((await client.leaseKeepAlive(id)).ttl).toBe(0);
  });

  test('a wrong password and a missing one are refused at once, in the words of etcd', async () => {
    const wrong = clientOf({ addresses, user: { name: 'root', password: new Secret('wrong') } });
    await expect(write(wrong, 'k')).rejects.toMatchObject({
      code: 'STATE_STORAGE_FAILED',
      message: expect.stringContaining('authentication failed, invalid user ID or password'),
    });
    await expect(write(clientOf({ addresses }), 'k')).rejects.toMatchObject({ code: 'STATE_STORAGE_FAILED' });
  });

  test('a store with a wrong password does not start: that does not pass by itself', async () => {
    const wrong = { addresses, user: { name: 'root', password: new Secret('wrong') } };
    await expect(storeOf(wrong, silentLogger).start()).rejects.toMatchObject({
      code: 'STATE_STORAGE_FAILED',
      message: expect.stringContaining('authentication failed'),
    });
  });

  test('a token that is no longer good is replaced without anybody noticing', async () => {
    const client = clientOf({ addresses, user });
    await write(client, 'k');
    // A restart forgets all tokens.
    await cluster.restartMember(0);
    expect((await write(client, 'k', 10_000)).succeeded).toBe(true);
  }, 20_000);
});

(HAS_ETCD && hasOpenssl ? describe : describe.skip)('etcd with TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'steppe-etcd-tls-'));
  const host = '127.91.5.1';
  const openssl = (...args: string[]) => expect(spawnSync('openssl', args, { cwd: folder }).status).toBe(0);
  const certificate = (name: string, extra: readonly string[]) =>
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      ...extra,
    ); // prettier-ignore
  const pem = (name: string) => readFileSync(join(folder, name), 'utf8');
  let cluster: EtcdCluster | undefined;
  beforeAll(async () => {
    certificate('server', ['-addext', `subjectAltName=IP:${host}`]);
    certificate('client', []);
    const flags = [
      `--cert-file=${join(folder, 'server.pem')}`,
      `--key-file=${join(folder, 'server.key')}`,
      `--trusted-ca-file=${join(folder, 'client.pem')}`,
      '--client-cert-auth',
    ];
    cluster = new EtcdCluster({ network: '127.91.5', scheme: 'https', flags });
    await cluster.start();
  });
  afterAll(async () => {
    await cluster?.stop();
    rmSync(folder, { recursive: true });
  });

  test('a client with a certificate is let in, and one without is not', async () => {
    const addresses = [`${host}:2379`];
    const tls = { ca: pem('server.pem'), certificate: pem('client.pem'), key: new Secret(pem('client.key')) };
    expect((await write(clientOf({ addresses, tls }), 'k')).succeeded).toBe(true);
    const refused = { code: 'STATE_ENGINE_UNAVAILABLE' };
    await expect(write(clientOf({ addresses, tls: { ca: tls.ca } }), 'k', 500)).rejects.toMatchObject(refused);
    await expect(
      write(clientOf({ addresses, tls: { ...tls, ca: pem('client.pem') } }), 'k', 500),
    ).rejects.toMatchObject(refused);
    await expect(write(clientOf({ addresses }), 'k', 500)).rejects.toMatchObject(refused);
  });

  test('a store that does not trust the members says why, again and again', async () => {
    const logger = new RecordingLogger();
    const store = storeOf({ addresses: [`${host}:2379`], tls: { ca: pem('client.pem') } }, logger);
    await store.start();
    await expect(store.transact(() => 1)).rejects.toMatchObject({ code: 'STATE_NOT_LEADER' });
    while (logger.messages('warn').length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const { message, fields } of logger.lines.filter(({ level }) => level === 'warn')) {
      expect(message).toBe('waiting for etcd: the state cannot be read');
      expect(fields['error']).toMatch(/^etcd at 127\.91\.5\.1:2379 does not answer: .*certificate/);
    }
    await store.stop();
  }, 20_000);
});
