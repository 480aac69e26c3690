import { describe, expect, test } from '@jest/globals';
import { ScriptedPeer } from '../testing/scripted-peer.js';
import { answersPings, scriptedPool } from '../testing/scripted-pool.js';
import { addressOf } from './ip-address.js';

// Long intervals: what is heard is an answer.
const SILENT = { pushPullIntervalMs: 0, probeIntervalMs: 600_000, gossipIntervalMs: 600_000 };
const source = (peer: ScriptedPeer) => ({
  address: addressOf(peer.address.host) as Uint8Array,
  port: peer.address.port,
  node: peer.name,
});

describe('a ping', () => {
  test.each([
    ['n0', 1],
    ['', 1],
    ['somebody', 0],
  ])('for %p is answered %p times', async (node, answers) => {
    const { cluster, peers, at } = await scriptedPool(1, {
      options: SILENT,
      delegate: () => ({ ackPayload: () => Uint8Array.of(1, 2) }),
    });
    peers[0]?.send(at, { type: 'ping', node, seqNo: 77 });
    await cluster.advance(10);
    expect(peers[0]?.heard('ack')).toEqual(
      Array.from({ length: answers }, () => ({ type: 'ack', seqNo: 77, payload: Uint8Array.of(1, 2) })),
    );
  });

  test('is answered to the member it names, in 4 or 16 bytes', async () => {
    const { cluster, peers, at } = await scriptedPool(2, { options: SILENT });
    const [asker, other] = peers as [ScriptedPeer, ScriptedPeer];
    asker.send(at, { type: 'ping', node: 'n0', seqNo: 1, source: source(other) });
    const mapped = addressOf(`::ffff:${other.address.host}`) as Uint8Array;
    asker.send(at, { type: 'ping', node: 'n0', seqNo: 2, source: { ...source(other), address: mapped } });
    await cluster.advance(10);
    expect(other.heard('ack').map(({ seqNo }) => seqNo)).toEqual([1, 2]);
    expect(asker.packets).toEqual([]);
  });

  test('that names a stranger goes back where it came from, so that nobody can be flooded through us', async () => {
    const { cluster, peers, at } = await scriptedPool(1, { options: SILENT });
    const stranger = await new ScriptedPeer('victim', '10.8.0.1', cluster.network).start();
    peers[0]?.send(at, { type: 'ping', node: 'n0', seqNo: 5, source: source(stranger) });
    await cluster.advance(10);
    expect(stranger.packets).toEqual([]);
    expect(peers[0]?.heard('ack')).toHaveLength(1);
  });

  test('of a stranger gets the bare ack, one of a member what else is to be told as well', async () => {
    const { cluster, peers, at } = await scriptedPool(1, { options: SILENT });
    const stranger = await new ScriptedPeer('stranger', '10.8.0.1', cluster.network).start();
    for (const peer of [stranger, peers[0] as ScriptedPeer]) peer.send(at, { type: 'ping', node: 'n0', seqNo: 5 });
    await cluster.advance(10);
    expect(stranger.packets[0]?.messages.map(({ type }) => type)).toEqual(['ack']);
    expect(peers[0]?.packets[0]?.messages.map(({ type }) => type)).toEqual(['ack', 'alive', 'alive']);
  });

  test('on a stream is answered on it, for our name only', async () => {
    const { cluster, peers, at } = await scriptedPool(1, { options: SILENT });
    const replies: unknown[] = [];
    peers[0]?.dial(at, { type: 'ping', node: 'n0', seqNo: 3 }, (reply) => replies.push(reply));
    await cluster.advance(50);
    expect(replies).toEqual([{ type: 'ack', seqNo: 3, payload: new Uint8Array() }, 'closed']);
    peers[0]?.dial(at, { type: 'ping', node: 'x', seqNo: 3 }, (reply) => replies.push(reply));
    await cluster.advance(50);
    expect(replies.slice(2)).toEqual(['closed']);
  });
});

describe('an indirect ping', () => {
  const ask = (asker: ScriptedPeer, target: ScriptedPeer, nack = true) =>
    ({
      type: 'indirect-ping',
      seqNo: 900,
      node: target.name,
      target: addressOf(target.address.host) as Uint8Array,
      port: target.address.port,
      nack,
      source: source(asker),
    }) as const;

  test('is passed on under a number of our own, and its ack back under the asker’s', async () => {
    const { cluster, peers, at } = await scriptedPool(2, { options: SILENT });
    const [asker, target] = peers as [ScriptedPeer, ScriptedPeer];
    answersPings(target, at, Uint8Array.of(1));
    asker.send(at, ask(asker, target));
    await cluster.advance(1_000);
    expect(target.heard('ping')).toMatchObject([{ seqNo: 1, node: 'p2', source: { node: 'n0' } }]);
    expect(asker.heard('ack')).toEqual([{ type: 'ack', seqNo: 900, payload: new Uint8Array() }]);
    expect(asker.heard('nack')).toEqual([]);
  });

  test.each([
    [true, 1],
    [false, 0],
  ])('without an answer is nacked after the probe timeout if the asker understands (%p)', async (nack, count) => {
    const { cluster, peers, at } = await scriptedPool(2, { options: SILENT });
    const [asker, target] = peers as [ScriptedPeer, ScriptedPeer];
    asker.send(at, ask(asker, target, nack));
    await cluster.advance(490, 10);
    expect(asker.heard('nack')).toEqual([]);
    await cluster.advance(20, 10);
    expect(asker.heard('nack')).toHaveLength(count);
    // Too late: nobody waits for it any more.
    target.send(at, { type: 'ack', seqNo: 1, payload: new Uint8Array() });
    await cluster.advance(20, 10);
    expect(asker.heard('ack')).toEqual([]);
  });

  test('of a stranger as target is not carried out', async () => {
    const { cluster, peers, at } = await scriptedPool(1, { options: SILENT });
    const stranger = await new ScriptedPeer('victim', '10.8.0.1', cluster.network).start();
    const asker = peers[0] as ScriptedPeer;
    asker.send(at, ask(asker, stranger));
    await cluster.advance(1_000);
    expect(stranger.packets).toEqual([]);
  });
});
