import { describe, expect, test } from '@jest/globals';
import { KeyRing } from '../keyring/key-ring.js';
import type { ScriptedPeer } from '../testing/scripted-peer.js';
import { answersPings, scriptedPool } from '../testing/scripted-pool.js';
import { convergedCluster, startCluster } from '../testing/start-cluster.js';
import type { PushPullNode } from '../wire/memberlist-message.js';
import { NOMAD_VERSIONS } from './options.js';

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const entryOf = (peer: ScriptedPeer, change: Partial<PushPullNode> = {}): PushPullNode => {
  const { address, port, meta, incarnation } = peer.alive();
  return { name: peer.name, address, port, meta, incarnation, state: 'alive', versions: NOMAD_VERSIONS, ...change };
};
const codeOf = (error: unknown) => (error as { code?: string } | undefined)?.code;

describe('joining', () => {
  test('an address nobody listens at fails with its reason, without failing the others', async () => {
    const cluster = await startCluster({ size: 2, seed: 1 });
    const [a, b] = cluster.running as [(typeof cluster.running)[0], (typeof cluster.running)[0]];
    const nowhere = { host: '10.7.7.7', port: 7946 };
    const outcomes = await cluster.settled(a.memberlist.join([nowhere, { host: b.host, port: 7946 }]));
    expect(outcomes.map(({ error }) => codeOf(error))).toEqual(['GOSSIP_DIAL_FAILED', undefined]);
    expect(outcomes[0]?.error?.message).toBe('dial tcp 10.7.7.7:7946: connect: connection refused');
    expect(b.memberlist.node('n0')?.state).toBe('alive');
  });

  test('an address that does not answer ends with the timeout of streams', async () => {
    const cluster = await startCluster({ size: 2, seed: 1 });
    cluster.network.partition([cluster.member('n1').host]);
    await expect(cluster.settled(cluster.join('n0', 'n1'))).rejects.toThrow('dial tcp 10.0.0.2:7946: i/o timeout');
    expect(cluster.clock.monotonic()).toBeGreaterThanOrEqual(10_000);
  });

  test('can be given up, with the reason of the signal', async () => {
    const cluster = await startCluster({ size: 2, seed: 1 });
    cluster.network.partition([cluster.member('n1').host]);
    const abort = new AbortController();
    const { memberlist } = cluster.member('n0');
    const joining = memberlist.join([{ host: '10.0.0.2', port: 7946 }], { signal: abort.signal });
    abort.abort(new Error('enough'));
    expect((await joining)[0]?.error?.message).toBe('enough');
    expect(
      (await memberlist.join([{ host: '10.0.0.2', port: 7946 }], { signal: abort.signal }))[0]?.error?.message,
    ).toBe('enough');
  });

  test('a peer whose members the layer above refuses reports why; nothing of it is taken', async () => {
    const { cluster, member, peers } = await scriptedPool(1, {
      known: false,
      delegate: () => ({ refuseMerge: (nodes) => `member '${nodes[0]?.name}' is not a server` }),
    });
    const [peer] = peers as [ScriptedPeer];
    peer.onRequest = () => ({ type: 'push-pull', join: true, nodes: [entryOf(peer)], userState: new Uint8Array() });
    const [outcome] = await cluster.settled(member.memberlist.join([peer.address]));
    expect(outcome?.error).toMatchObject({ code: 'GOSSIP_MERGE_REFUSED', message: "member 'p1' is not a server" });
    expect(member.memberlist.nodes()).toHaveLength(1);
  });

  test('a peer that speaks other versions reports which node does not fit', async () => {
    const { cluster, member, peers } = await scriptedPool(1, { known: false });
    const [peer] = peers as [ScriptedPeer];
    const versions = { ...NOMAD_VERSIONS, delegateMin: 5, delegateCurrent: 5 };
    peer.onRequest = () => ({
      type: 'push-pull',
      join: true,
      nodes: [entryOf(peer, { versions })],
      userState: new Uint8Array(),
    });
    const [outcome] = await cluster.settled(member.memberlist.join([peer.address]));
    expect(outcome?.error?.message).toMatch("node 'n0' delegate protocol version (4) is incompatible: [5, 5]");
  });

  test('a peer that answers something else, or an error, fails', async () => {
    const { cluster, member, peers } = await scriptedPool(1, { known: false });
    const [peer] = peers as [ScriptedPeer];
    peer.onRequest = () => ({ type: 'error', error: 'go away' });
    const [refused] = await cluster.settled(member.memberlist.join([peer.address]));
    expect(refused?.error?.message).toMatch('remote error: go away');
    peer.onRequest = () => ({ type: 'ack', seqNo: 1, payload: new Uint8Array() });
    const [strange] = await cluster.settled(member.memberlist.join([peer.address]));
    expect(strange?.error?.message).toMatch('unexpected reply');
  });
});

test('a listener answers with its state as it was before: the joiner is not in it', async () => {
  const { cluster, member, peers, at } = await scriptedPool(1, { known: false });
  const [peer] = peers as [ScriptedPeer];
  const replies: unknown[] = [];
  const request = { type: 'push-pull', join: true, nodes: [entryOf(peer)], userState: new Uint8Array() } as const;
  peer.dial(at, request, (reply) => replies.push(reply));
  await cluster.advance(50);
  expect(replies[0]).toMatchObject({ type: 'push-pull', join: true, nodes: [{ name: 'n0', state: 'alive' }] });
  expect((replies[0] as typeof request).nodes).toHaveLength(1);
  expect(member.memberlist.node('p1')?.state).toBe('alive');
});

test('no more than 128 peers exchange state with us at once: the next are closed unanswered', async () => {
  const { cluster, peers, at } = await scriptedPool(1, { known: false });
  const [peer] = peers as [ScriptedPeer];
  const replies: string[] = [];
  // The replies take long, so all are under way together.
  cluster.network.setLink(at.host, peer.address.host, { latencyMs: 5_000 });
  const request = { type: 'push-pull', join: true, nodes: [], userState: new Uint8Array() } as const;
  for (let i = 0; i < 130; i += 1) {
    peer.dial(at, request, (reply) => replies.push(typeof reply === 'string' ? reply : reply.type));
  }
  await cluster.advance(9_000);
  expect(replies.filter((reply) => reply === 'push-pull')).toHaveLength(128);
  expect(replies.filter((reply) => reply === 'closed').length).toBeGreaterThanOrEqual(2);
});

describe('user messages', () => {
  test('arrive by datagram and by stream', async () => {
    const heard: string[] = [];
    const cluster = await convergedCluster({
      size: 2,
      seed: 2,
      delegate: (name) => ({ onMessage: (payload) => heard.push(`${name} ${payload.join()}`) }),
    });
    const { memberlist } = cluster.member('n0');
    const target = memberlist.node('n1') as NonNullable<ReturnType<typeof memberlist.node>>;
    memberlist.sendTo(target, Uint8Array.of(1, 2));
    await cluster.advance(10);
    await cluster.settled(memberlist.sendReliable(target, Uint8Array.of(3)));
    await cluster.advance(10);
    expect(heard).toEqual(['n1 1,2', 'n1 3']);
    cluster.network.setConditions({ streams: 'refuse' });
    await expect(cluster.settled(memberlist.sendReliable(target, Uint8Array.of(3)))).rejects.toThrow(
      'connection refused',
    );
  });

  test('of the layer above ride with gossip, within the size of a packet', async () => {
    const waiting = Array.from({ length: 300 }, (_, i) => Uint8Array.of(i, i >> 8, 7));
    const { cluster, peers } = await scriptedPool(1, {
      options: { pushPullIntervalMs: 0, gossipNodes: 1 },
      delegate: () => ({
        takeBroadcasts: ({ overheadBytes, limitBytes }) =>
          waiting.splice(0, Math.floor(limitBytes / (3 + overheadBytes))),
      }),
    });
    await cluster.advance(3_000);
    const [peer] = peers as [ScriptedPeer];
    expect(peer.heard('user').length).toBe(300);
    expect(Math.max(...peer.packets.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1_405);
    // Real agents of old miscount beyond 127 parts.
    expect(Math.max(...peer.packets.map(({ messages }) => messages.length))).toBeLessThanOrEqual(127);
  });
});

test('no datagram is larger than the packet size and the checksum, however much there is to tell', async () => {
  const { cluster, member, peers, at } = await scriptedPool(3, {
    options: { pushPullIntervalMs: 0, compression: false, packetBytes: 1_000 },
  });
  const [peer] = peers as [ScriptedPeer];
  answersPings(peer, at);
  for (let i = 0; i < 200; i += 1) peer.send(at, peer.alive({ node: `node-${i}`, meta: new Uint8Array(i) }));
  await cluster.advance(5_000);
  expect(member.memberlist.nodes()).toHaveLength(204);
  const sizes = peers.flatMap(({ packets }) => packets.map(({ bytes }) => bytes));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1_005);
  expect(Math.max(...sizes)).toBeGreaterThan(900);
});

describe('metadata', () => {
  test('is announced anew on request, which ends when everybody could know', async () => {
    let meta = Uint8Array.of(1);
    const cluster = await convergedCluster({
      size: 5,
      seed: 3,
      delegate: (name) => (name === 'n1' ? { localMeta: () => meta } : {}),
    });
    meta = Uint8Array.of(2);
    await cluster.settled(cluster.member('n1').memberlist.updateMeta({ timeoutMs: 5_000 }));
    await cluster.advance(1_000);
    expect(cluster.running.map(({ memberlist }) => memberlist.node('n1')?.meta[0])).toEqual([2, 2, 2, 2, 2]);
    expect(cluster.events('update', 'n1')).toHaveLength(5);
  });

  test('beyond 512 bytes is refused, at start too', async () => {
    let meta = new Uint8Array(512);
    const cluster = await startCluster({ size: 1, seed: 3, delegate: () => ({ localMeta: () => meta }) });
    meta = new Uint8Array(513);
    await expect(cluster.member('n0').memberlist.updateMeta({ timeoutMs: 1 })).rejects.toMatchObject({
      code: 'GOSSIP_META_TOO_LARGE',
    });
    await expect(cluster.boot('n1', '10.0.0.9')).rejects.toMatchObject({ code: 'GOSSIP_META_TOO_LARGE' });
    // The address is free again.
    meta = new Uint8Array();
    await expect(cluster.boot('n1', '10.0.0.9')).resolves.toMatchObject({ name: 'n1' });
  });

  test('that could not be sent in time is an error, though it stays on its way', async () => {
    const { cluster, member } = await scriptedPool(1, {
      options: { gossipIntervalMs: 60_000, probeIntervalMs: 60_000 },
    });
    const updating = member.memberlist.updateMeta({ timeoutMs: 500 });
    await expect(cluster.settled(updating)).rejects.toMatchObject({ code: 'GOSSIP_BROADCAST_TIMEOUT' });
    expect(member.memberlist.queueDepth).toBeGreaterThan(0);
  });
});

describe('encryption', () => {
  const secret = { keyring: () => new KeyRing([KEY]) };

  test('lets a pool form, survive a failure and agree', async () => {
    const cluster = await convergedCluster({ size: 6, seed: 4, ...secret });
    await cluster.kill('n5');
    await cluster.advanceUntil(() => cluster.isConverged(), 40_000);
    expect(cluster.events('dead', 'n5')).toHaveLength(5);
  });

  test('keeps out who has no key: nothing unauthenticated changes anything or is answered', async () => {
    const { cluster, member, peers, at } = await scriptedPool(1, { ...secret, options: { pushPullIntervalMs: 0 } });
    const [peer] = peers as [ScriptedPeer];
    peer.send(at, peer.alive(), { type: 'dead', node: 'n0', incarnation: 9, from: 'p1' });
    peer.send(at, { type: 'ping', node: 'n0', seqNo: 1 });
    const replies: unknown[] = [];
    const nodes = [entryOf(peer)];
    peer.dial(at, { type: 'push-pull', join: true, nodes, userState: new Uint8Array() }, (reply) =>
      replies.push(reply),
    );
    await cluster.advance(5_000);
    expect(member.memberlist.nodes().map(({ name, incarnation }) => [name, incarnation])).toEqual([['n0', 1]]);
    expect(peer.packets).toEqual([]);
    // Its error is encrypted, too.
    expect(replies[0]).toBe('encryption-not-configured');
  });

  test('of another pool does not mix with ours', async () => {
    const cluster = await startCluster({
      size: 2,
      seed: 5,
      keyring: (name) => new KeyRing([name === 'n0' ? KEY : KEY.toReversed()]),
    });
    await expect(cluster.settled(cluster.join('n1', 'n0'))).rejects.toMatchObject({ code: 'GOSSIP_STREAM_FAILED' });
    expect(cluster.member('n0').memberlist.nodes()).toHaveLength(1);
  });
});

test('labels keep pools apart', async () => {
  const cluster = await startCluster({ size: 1, seed: 6, options: { label: 'blue' } });
  await cluster.boot('n1', '10.0.0.2');
  await cluster.boot('n2', '10.0.0.3', { label: 'green' });
  await cluster.settled(cluster.join('n1', 'n0'));
  await expect(cluster.settled(cluster.join('n2', 'n0'))).rejects.toThrow();
  expect(
    cluster
      .member('n0')
      .memberlist.nodes()
      .map(({ name }) => name),
  ).toEqual(['n0', 'n1']);
});

describe('its life', () => {
  test('operations before start and after stop are refused; stopping twice is not', async () => {
    const cluster = await startCluster({ size: 1, seed: 7 });
    const { memberlist } = cluster.member('n0');
    await memberlist.stop();
    await memberlist.stop();
    await expect(memberlist.join([])).rejects.toMatchObject({ code: 'MEMBERLIST_NOT_RUNNING' });
    expect(() => memberlist.local).toThrow('not running');
    await expect(memberlist.start()).rejects.toMatchObject({ code: 'MEMBERLIST_NOT_RUNNING' });
  });

  test('after stop no timer is left and nothing is sent', async () => {
    const { cluster, member, peers, at } = await scriptedPool(3, { options: { probeIntervalMs: 700 } });
    const [peer] = peers as [ScriptedPeer];
    peer.send(at, { type: 'suspect', node: 'p2', incarnation: 1, from: 'p1' });
    await cluster.advance(3_000);
    const leaving = member.memberlist.updateMeta({ timeoutMs: 60_000 });
    await member.memberlist.stop();
    await expect(leaving).rejects.toMatchObject({ code: 'GOSSIP_BROADCAST_TIMEOUT' });
    await cluster.clock.advance(20);
    const { packetsSent } = { ...cluster.network.counters(at.host) };
    await cluster.clock.advance(300_000);
    expect(cluster.network.counters(at.host).packetsSent).toBe(packetsSent);
    expect((cluster.clock as unknown as { pending: number }).pending).toBe(0);
  });

  test('an address that nobody could reach cannot be announced', async () => {
    const cluster = await startCluster({ size: 0, seed: 8 });
    await expect(cluster.boot('n0', '0.0.0.0')).rejects.toThrow(RangeError);
    await expect(cluster.boot('n1', '0.0.0.1', { advertise: { host: 'example.org', port: 1 } })).rejects.toThrow(
      'no IP address that peers could reach',
    );
    const member = await cluster.boot('n2', '10.0.0.2', { advertise: { host: '10.1.1.1', port: 99 } });
    expect(member.memberlist.local).toMatchObject({ host: '10.1.1.1', port: 99 });
  });
});
