import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { KeyRing } from '../keyring/key-ring.js';
import type { ScriptedPeer } from '../testing/scripted-peer.js';
import { scriptedPool } from '../testing/scripted-pool.js';
import { encodePacketMessage, encodeStreamMessage } from '../wire/memberlist-codec.js';

/** Valid messages, cut, lengthened or with bytes changed; and anything at all. */
function mutated(seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
  const changed = fc
    .tuple(fc.constantFrom(...seeds), changes, fc.nat({ max: 60 }), fc.uint8Array({ maxLength: 8 }))
    .map(([seed, edits, cut, tail]) => {
      const bytes = Uint8Array.from([...seed.subarray(0, Math.max(1, seed.length - cut)), ...tail]);
      for (const [at, value] of edits) bytes[at % bytes.length] = value;
      return bytes;
    });
  return fc.oneof(changed, fc.uint8Array({ maxLength: 300 }));
}

function packetSeeds(peer: ScriptedPeer): Uint8Array[] {
  const alive = encodePacketMessage(peer.alive());
  const suspect = encodePacketMessage({ type: 'suspect', node: 'n0', incarnation: 1, from: 'p1' });
  const compound = Uint8Array.from([7, 2, 0, alive.length, 0, suspect.length, ...alive, ...suspect]);
  const ping = encodePacketMessage({ type: 'ping', node: 'n0', seqNo: 1 });
  return [alive, suspect, compound, ping];
}

test('no datagram and no stream stops us, breaks what we hold for true, or costs more than one answer', async () => {
  const { cluster, member, peers, at } = await scriptedPool(2, {
    options: { pushPullIntervalMs: 0, probeIntervalMs: 600_000, gossipIntervalMs: 600_000, maxNodes: 64 },
  });
  const [peer, honest] = peers as [ScriptedPeer, ScriptedPeer];
  const pushPull = encodeStreamMessage({ type: 'push-pull', join: true, nodes: [], userState: Uint8Array.of(1) });
  await fc.assert(
    fc.asyncProperty(mutated(packetSeeds(peer)), mutated([pushPull]), async (packet, stream) => {
      const before = cluster.network.counters(at.host).packetsSent;
      peer.sendRaw(at, packet);
      await cluster.advance(10, 10);
      expect(cluster.network.counters(at.host).packetsSent - before).toBeLessThanOrEqual(2);
      peer.dial(at, stream, () => undefined);
      await cluster.advance(10, 10);
    }),
    { numRuns: 400 },
  );
  honest.send(at, { type: 'ping', node: 'n0', seqNo: 4_242 });
  await cluster.advance(10);
  expect(honest.heard('ack').map(({ seqNo }) => seqNo)).toEqual([4_242]);
  expect(member.memberlist.local.state).toBe('alive');
  expect(member.memberlist.nodes().length).toBeLessThanOrEqual(64);
});

test('with encryption on nothing unauthenticated changes anything or is answered by datagram', async () => {
  const { cluster, member, peers, at } = await scriptedPool(1, {
    known: false,
    keyring: () => new KeyRing([new Uint8Array(32)]),
    options: { pushPullIntervalMs: 0 },
  });
  const [peer] = peers as [ScriptedPeer];
  const before = member.memberlist.nodes();
  await fc.assert(
    fc.asyncProperty(mutated(packetSeeds(peer)), async (packet) => {
      peer.sendRaw(at, packet);
      await cluster.advance(5, 5);
      expect(member.memberlist.nodes()).toBe(before);
    }),
    { numRuns: 300 },
  );
  expect(peer.packets).toEqual([]);
});
