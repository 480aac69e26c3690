import { describe, expect, test } from '@jest/globals';
import { answersPings, scriptedPool } from '../testing/scripted-pool.js';
import { NOMAD_VERSIONS } from './options.js';

const NO_PUSH_PULL = { pushPullIntervalMs: 0 };
const OLD = (protocolMax: number) => ({ ...NOMAD_VERSIONS, protocolMax });

describe('a probe that is answered', () => {
  test('is one ping with our name and address, and reports the time it took and the payload', async () => {
    const completed: unknown[] = [];
    const { cluster, member, peers, at } = await scriptedPool(1, {
      options: NO_PUSH_PULL,
      delegate: () => ({ onPingCompleted: ({ name }, rttMs, payload) => completed.push([name, rttMs, [...payload]]) }),
    });
    const [peer] = peers as [(typeof peers)[0]];
    answersPings(peer, at, Uint8Array.of(9));
    await cluster.advance(2_500);
    expect(peer.heard('ping')[0]).toMatchObject({
      node: 'p1',
      seqNo: 1,
      source: { address: Uint8Array.of(10, 0, 0, 1), port: 7946, node: 'n0' },
    });
    expect(completed[0]).toEqual(['p1', 2, [9]]);
    expect(peer.requests).toEqual([]);
    expect(member.memberlist.healthScore).toBe(0);
  });

  test('late, after helpers were asked, spares the node but tells no time', async () => {
    const completed: unknown[] = [];
    const { cluster, member, peers, at } = await scriptedPool(1, {
      options: { ...NO_PUSH_PULL, tcpPings: false },
      delegate: () => ({ onPingCompleted: (node) => completed.push(node.name) }),
    });
    const [peer] = peers as [(typeof peers)[0]];
    answersPings(peer, at);
    cluster.network.slow(peer.address.host, 700);
    await cluster.advance(5_000);
    expect(peer.heard('ping').length).toBeGreaterThan(1);
    expect(completed).toEqual([]);
    expect(member.memberlist.suspicions('p1')).toEqual([]);
  });
});

describe('a probe without an answer', () => {
  test('asks helpers and opens a stream after the probe timeout, and suspects after the interval', async () => {
    const { cluster, member, peers, at } = await scriptedPool(4, { options: NO_PUSH_PULL });
    const [silent, ...helpers] = peers as [(typeof peers)[0], ...typeof peers];
    for (const helper of helpers) answersPings(helper, at);
    const heard = () => helpers.flatMap((helper) => helper.heard('indirect-ping'));
    await cluster.advanceUntil(() => silent.heard('ping').length > 0, 10_000, 10);
    await cluster.advance(450, 10);
    expect([heard().length, silent.requests.length]).toEqual([0, 0]);
    await cluster.advance(60, 10);
    expect(heard()).toHaveLength(3);
    expect(heard()[0]).toMatchObject({ node: 'p1', target: Uint8Array.of(10, 9, 0, 1), port: 7946, nack: true });
    expect(silent.requests).toMatchObject([{ type: 'ping', node: 'p1', seqNo: silent.heard('ping')[0]?.seqNo }]);
    expect(member.memberlist.node('p1')?.state).toBe('alive');
    await cluster.advance(500, 10);
    expect(member.memberlist.node('p1')?.state).toBe('suspect');
    // Each of the three helpers that sent no nack counts against us.
    expect(member.memberlist.healthScore).toBe(3);
    expect(member.memberlist.suspicions('p1')).toMatchObject([{ outcome: 'pending', accusers: [{ name: 'n0' }] }]);
  });

  test('costs no health when all helpers say that they tried', async () => {
    const { cluster, member, peers, at } = await scriptedPool(4, { options: NO_PUSH_PULL });
    const [silent, ...helpers] = peers as [(typeof peers)[0], ...typeof peers];
    for (const helper of helpers) {
      helper.onMessage = (message) => {
        if (message.type === 'ping') helper.send(at, { type: 'ack', seqNo: message.seqNo, payload: new Uint8Array() });
        if (message.type === 'indirect-ping') helper.send(at, { type: 'nack', seqNo: message.seqNo });
      };
    }
    await cluster.advanceUntil(() => member.memberlist.node(silent.name)?.state === 'suspect', 10_000, 10);
    expect(member.memberlist.healthScore).toBe(0);
  });

  test('is good when a helper reaches the node', async () => {
    const { cluster, member, peers, at } = await scriptedPool(2, { options: { ...NO_PUSH_PULL, tcpPings: false } });
    const [silent, helper] = peers as [(typeof peers)[0], (typeof peers)[0]];
    helper.onMessage = (message) => {
      if (message.type === 'ping' || message.type === 'indirect-ping') {
        helper.send(at, { type: 'ack', seqNo: message.seqNo, payload: new Uint8Array() });
      }
    };
    await cluster.advance(10_000);
    expect(silent.heard('ping').length).toBeGreaterThan(2);
    expect(member.memberlist.suspicions('p1')).toEqual([]);
  });

  test('is good when the node answers on the stream with the same number, and only then', async () => {
    for (const [offset, suspicions] of [
      [0, 0],
      [1, 1],
    ] as const) {
      const { cluster, member, peers } = await scriptedPool(1, { options: NO_PUSH_PULL });
      const [peer] = peers as [(typeof peers)[0]];
      peer.onRequest = (request) =>
        request.type === 'ping' ? { type: 'ack', seqNo: request.seqNo + offset, payload: new Uint8Array() } : undefined;
      await cluster.advance(4_000);
      expect(member.memberlist.suspicions('p1')).toHaveLength(suspicions);
    }
  });

  test('uses neither streams nor nacks with nodes too old for them', async () => {
    const { cluster, member, peers, at } = await scriptedPool(2, { known: false, options: NO_PUSH_PULL });
    const [silent, helper] = peers as [(typeof peers)[0], (typeof peers)[0]];
    answersPings(helper, at);
    silent.send(at, silent.alive({ versions: OLD(2) }), helper.alive({ versions: OLD(3) }));
    await cluster.advanceUntil(() => member.memberlist.node('p1')?.state === 'suspect', 10_000, 10);
    expect(silent.requests).toEqual([]);
    expect(helper.heard('indirect-ping')[0]?.nack).toBe(false);
    expect(member.memberlist.healthScore).toBe(1);
  });

  test('takes longer while we are unwell, and swallows the probes in between', async () => {
    const { cluster, member, peers } = await scriptedPool(1, { options: NO_PUSH_PULL });
    const [peer] = peers as [(typeof peers)[0]];
    for (let i = 0; i < 3; i += 1) member.memberlist.noteLoopLag(501);
    expect(member.memberlist.healthScore).toBe(3);
    await cluster.advanceUntil(() => peer.heard('ping').length > 0, 10_000, 10);
    await cluster.advance(3_900, 10);
    expect(member.memberlist.node('p1')?.state).toBe('alive');
    expect(peer.heard('ping')).toHaveLength(1);
    await cluster.advance(150, 10);
    expect(member.memberlist.node('p1')?.state).toBe('suspect');
  });
});

test('a suspected node hears it together with the ping', async () => {
  const { cluster, peers, at } = await scriptedPool(2, { options: { ...NO_PUSH_PULL, gossipIntervalMs: 60_000 } });
  const [peer, accuser] = peers as [(typeof peers)[0], (typeof peers)[0]];
  answersPings(accuser, at);
  accuser.send(at, { type: 'suspect', node: 'p1', incarnation: 1, from: 'p2' });
  await cluster.advanceUntil(() => peer.packets.length > 0, 10_000, 10);
  expect(peer.packets[0]?.messages).toMatchObject([
    { type: 'ping', node: 'p1' },
    { type: 'suspect', node: 'p1', incarnation: 1, from: 'n0' },
  ]);
});

test('loop lag within the probe timeout changes nothing', async () => {
  const { member } = await scriptedPool(0);
  member.memberlist.noteLoopLag(500);
  expect(member.memberlist.healthScore).toBe(0);
});
