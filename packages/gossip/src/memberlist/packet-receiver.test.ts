import { expect, test } from '@jest/globals';
import type { ScriptedPeer } from '../testing/scripted-peer.js';
import { scriptedPool } from '../testing/scripted-pool.js';
import type { PacketMessage } from '../wire/memberlist-message.js';

const SILENT = { pushPullIntervalMs: 0, probeIntervalMs: 600_000, gossipIntervalMs: 600_000 };

test('a ping is answered before the news that came ahead of it is handled', async () => {
  const order: string[] = [];
  const { cluster, peers, at } = await scriptedPool(1, {
    options: SILENT,
    delegate: () => ({ onMessage: () => order.push('news'), ackPayload: () => (order.push('ack'), new Uint8Array()) }),
  });
  peers[0]?.send(at, { type: 'user', payload: Uint8Array.of(1) }, { type: 'ping', node: 'n0', seqNo: 1 });
  await cluster.advance(10);
  expect(order).toEqual(['ack', 'news']);
});

test('the newest news is handled first, and what lives before everything else', async () => {
  const order: string[] = [];
  const { cluster, peers, at } = await scriptedPool(1, {
    options: SILENT,
    delegate: () => ({
      onMessage: (payload) => order.push(String(payload[0])),
      onJoin: ({ name }) => order.push(name),
    }),
  });
  const [peer] = peers as [ScriptedPeer];
  order.length = 0;
  const user = (byte: number): PacketMessage => ({ type: 'user', payload: Uint8Array.of(byte) });
  peer.send(at, user(1), peer.alive({ node: 'x' }), user(2));
  await cluster.advance(10);
  expect(order).toEqual(['x', '2', '1']);
});

test('more than the queue holds is dropped', async () => {
  let heard = 0;
  const { cluster, peers, at } = await scriptedPool(1, {
    options: { ...SILENT, handoffQueueDepth: 500 },
    delegate: () => ({ onMessage: () => (heard += 1) }),
  });
  const messages = Array.from({ length: 100 }, (): PacketMessage => ({ type: 'user', payload: Uint8Array.of(1) }));
  for (let i = 0; i < 10; i += 1) peers[0]?.send(at, ...messages);
  await cluster.advance(100);
  expect(heard).toBe(500);
});
