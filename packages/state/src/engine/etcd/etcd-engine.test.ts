import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import type { Mutation, StateImage } from '../../change/commit.js';
import { ENGINE_CONFORMANCE } from '../../testing/engine-conformance.js';
import { EtcdCluster, HAS_ETCD } from '../../testing/etcd-cluster.js';
import type { EngineSink } from '../state-engine.js';
import { EtcdClient } from './etcd-client.js';
import type { Fence } from './etcd-engine.js';
import { EtcdEngine } from './etcd-engine.js';
import { etcdKeys } from './etcd-keys.js';

const suite = HAS_ETCD ? describe : describe.skip;
const cluster = new EtcdCluster({ network: '127.91.1' });
const runtime = { clock: new SystemClock(), logger: silentLogger, metrics: noMetrics, random: new SystemRandom() };
let prefixes = 0;
const newPrefix = () => `/test/${(prefixes += 1)}`;
const newClient = () => new EtcdClient({ addresses: cluster.addresses }, runtime);
const put = (key: string, value = '1'): Mutation => ({ op: 'put', table: 't', key, value, createIndex: 0 });

/** Makes the writer that calls this the leader, whoever was it before. */
async function seize(prefix: string): Promise<Fence> {
  const client = newClient();
  const key = etcdKeys(prefix).leader;
  await client.txn({ compare: [], success: [{ deleteRange: { key } }], failure: [] });
  const { header } = await client.txn({ compare: [], success: [{ put: { key, value: 'x' } }], failure: [] });
  client.close();
  return { key, createRevision: header?.revision ?? 0 };
}

function engineAt(prefix: string, fence: () => Fence | undefined, onDeposed = () => undefined) {
  return new EtcdEngine({
    ...runtime,
    client: newClient(),
    keys: etcdKeys(prefix),
    fence,
    hasLeader: () => true,
    onDeposed,
  });
}

class Recorder implements EngineSink {
  readonly images: StateImage[] = [];
  readonly commits: Parameters<EngineSink['commit']>[0][] = [];
  #told: () => void = () => undefined;
  reset(image: StateImage) {
    this.images.push(image);
    this.#told();
  }
  commit(commit: Parameters<EngineSink['commit']>[0]) {
    this.commits.push(commit);
    this.#told();
  }
  async until(condition: () => boolean) {
    while (!condition()) await new Promise<void>((resolve) => (this.#told = resolve));
  }
}

beforeAll(() => (HAS_ETCD ? cluster.start() : undefined));
afterAll(() => cluster.stop());

suite('EtcdEngine conforms', () => {
  test.each(ENGINE_CONFORMANCE)('$title', async (conformance) => {
    const prefix = newPrefix();
    const fence = await seize(prefix);
    await conformance.run({ create: () => engineAt(prefix, () => fence), isDurable: true, clock: runtime.clock });
  });
});

suite('EtcdEngine', () => {
  test('servers that do not lead follow every commit as the leader made it, and a replacement as one step', async () => {
    const prefix = newPrefix();
    const fence = await seize(prefix);
    const leader = engineAt(prefix, () => fence);
    const follower = engineAt(prefix, () => undefined);
    const written = new Recorder();
    const followed = new Recorder();
    await leader.open(written);
    await follower.open(followed);
    for (let i = 0; i < 20; i += 1) await leader.append([put(`k${i % 3}`, `${i}`), put(`o${i}`)]);
    await leader.append([{ op: 'delete', table: 't', key: 'k1' }]);
    await follower.catchUp();
    expect(followed.commits).toEqual(written.commits);
    expect(follower.isWritable).toBe(false);
    await expect(follower.append([put('a')])).rejects.toMatchObject({ code: 'STATE_NOT_LEADER' });
    const rows = Array.from({ length: 400 }, (_, i) => ({ key: `r${i}`, value: '', createIndex: 1, modifyIndex: 2 }));
    await leader.replace({ index: 3, tables: new Map([['t', { index: 3, rows }]]) });
    await followed.until(() => followed.images.length === 2);
    expect(followed.images.at(-1)?.tables.get('t')?.rows).toHaveLength(400);
    expect(followed.images.at(-1)?.index).toBe(written.images.at(-1)?.index);
    expect(followed.commits).toHaveLength(21);
    await leader.append([put('r1', 'after')]);
    await follower.catchUp();
    expect(followed.commits.at(-1)).toEqual(written.commits.at(-1));
    await Promise.all([leader.close(), follower.close()]);
  });

  test('a deposed leader can never write, and learns that it is one', async () => {
    const prefix = newPrefix();
    const oldFence = await seize(prefix);
    let deposed = 0;
    const old = engineAt(
      prefix,
      () => oldFence,
      () => void (deposed += 1),
    );
    const sink = new Recorder();
    await old.open(sink);
    await old.append([put('a')]);
    const fence = await seize(prefix);
    await expect(old.append([put('b')])).rejects.toMatchObject({ code: 'STATE_DEPOSED' });
    await expect(old.replace({ index: 1, tables: new Map() })).rejects.toMatchObject({ code: 'STATE_DEPOSED' });
    expect(deposed).toBe(2);
    const next = engineAt(prefix, () => fence);
    const seen = new Recorder();
    await next.open(seen);
    expect(seen.images[0]?.tables.get('t')?.rows.map(({ key }) => key)).toEqual(['a']);
    await Promise.all([old.close(), next.close()]);
  });

  test('a leader that does not know the newest commit conflicts with it instead of overwriting it', async () => {
    const prefix = newPrefix();
    const fence = await seize(prefix);
    const [one, two] = [engineAt(prefix, () => fence), engineAt(prefix, () => fence)];
    await one.open(new Recorder());
    await two.open(new Recorder());
    // The second to arrive does not know what the first has written.
    const attempts = await Promise.allSettled([one.append([put('a')]), two.append([put('b')])]);
    const refused = attempts.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'STATE_CONFLICT' } }]);
    await Promise.all([one.catchUp(), two.catchUp()]);
    expect(await two.append([put('c')])).toBeGreaterThan(0);
    await Promise.all([one.close(), two.close()]);
  });

  test('a follower whose changes were compacted away reads everything anew', async () => {
    const prefix = newPrefix();
    const fence = await seize(prefix);
    const leader = engineAt(prefix, () => fence);
    await leader.open(new Recorder());
    await leader.append([put('gone')]);
    let release: () => void = () => undefined;
    class LateClient extends EtcdClient {
      override watch(...args: Parameters<EtcdClient['watch']>) {
        const [{ startRevision }] = args;
        if (startRevision !== first) return super.watch(...args);
        release = () => void super.watch(...args);
        return () => undefined;
      }
    }
    const { header } = await newClient().range({ key: 'x' });
    const first = (header?.revision ?? 0) + 1;
    const client = new LateClient({ addresses: cluster.addresses }, runtime);
    const late = new EtcdEngine({
      ...runtime,
      client,
      keys: etcdKeys(prefix),
      fence: () => undefined,
      hasLeader: () => true,
      onDeposed: () => undefined,
    });
    const seen = new Recorder();
    await late.open(seen);
    await leader.append([{ op: 'delete', table: 't', key: 'gone' }]);
    const newest = await leader.append([put('left')]);
    const compaction = { method: 'POST', body: JSON.stringify({ revision: `${newest}` }) };
    expect((await fetch(`http://${cluster.addresses[0]}/v3/kv/compaction`, compaction)).ok).toBe(true);
    release();
    await seen.until(() => seen.images.length === 2);
    expect(seen.images[1]).toMatchObject({ index: newest });
    expect(seen.images[1]?.tables.get('t')?.rows.map(({ key }) => key)).toEqual(['left']);
    const next = await leader.append([put('more')]);
    await seen.until(() => seen.commits.length === 1);
    expect(seen.commits).toMatchObject([{ index: next }]);
    await Promise.all([leader.close(), late.close()]);
  });

  test('a prefix of a newer version is refused with what to do', async () => {
    const prefix = newPrefix();
    const client = newClient();
    const put_ = { put: { key: etcdKeys(prefix).format, value: 'steppe-state 2' } };
    await client.txn({ compare: [], success: [put_], failure: [] });
    client.close();
    const engine = engineAt(prefix, () => undefined);
    await expect(engine.open(new Recorder())).rejects.toThrow(
      `etcd's key ${prefix}/format holds "steppe-state 2": a newer version of Steppe or something else uses this prefix; upgrade, or set another prefix`,
    );
    await engine.close();
  });

  test('members that do not answer are named, within the deadline', async () => {
    const client = new EtcdClient({ addresses: ['127.91.1.200:2379', '127.91.1.201:2379'] }, runtime);
    await expect(client.range({ key: 'a' }, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'STATE_ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/^etcd at 127\.91\.1\.200:2379, 127\.91\.1\.201:2379 does not answer: /),
    });
    client.close();
  });
});
