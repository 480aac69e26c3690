import { expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/testing';
import { NOMAD_VERSIONS } from '../memberlist/options.js';
import { encodeNews, encodePacketMessage } from '../wire/memberlist-codec.js';
import { PacketCodec } from '../wire/packet-codec.js';
import { encodeTags } from '../wire/tags.js';
import { HandOverCodec } from './hand-over-codec.js';
import { simHost } from './sim-cluster.js';

const WIRE = { compression: true, verifyIncoming: true, verifyOutgoing: true };
const real = new PacketCodec(WIRE);

/** What members gossip: alive messages, accusations, and payloads of the layer above at the end. */
function gossip(random: SeededRandom, count: number): { readonly parts: Uint8Array[]; readonly userFrom: number } {
  const pick = (): number => Math.floor(random.next() * 1_000);
  const parts = Array.from({ length: count }, () => {
    const node = `n${pick()}`;
    if (random.next() < 0.6) return encodeNews({ type: 'suspect', node, from: `n${pick()}`, incarnation: 1 });
    const address = Uint8Array.from(simHost(pick()).split('.'), Number);
    const meta = encodeTags({ role: 'test' });
    return encodeNews({ type: 'alive', node, address, port: 7946, meta, versions: NOMAD_VERSIONS, incarnation: 2 });
  });
  return { parts: [...parts, Uint8Array.of(3, 128), Uint8Array.of(3, 129)], userFrom: count };
}

test('a datagram says what taking apart the real one says', () => {
  const random = new SeededRandom(1);
  const codec = new HandOverCodec(WIRE);
  for (let i = 0; i < 200; i += 1) {
    const { parts, userFrom } = gossip(random, i % 25);
    const options = { checksum: i % 2 === 0, userFrom };
    const expected = real.decode(real.encode(parts, options));
    expect(codec.decode(codec.encode(parts, options))).toMatchObject({
      messages: expected.messages,
      rejected: expected.rejected,
    });
  }
});

test('small datagrams are the real ones, and large ones have their length but for some parts in a hundred', () => {
  const random = new SeededRandom(2);
  const codec = new HandOverCodec(WIRE);
  const ping = encodePacketMessage({ type: 'ping', seqNo: 1, node: 'n1' });
  const datagram = codec.encode([ping], { checksum: false });
  expect(Buffer.from(datagram)).toEqual(Buffer.from(real.encode([ping], { checksum: false })));
  let [handedOver, made] = [0, 0];
  for (let i = 0; i < 320; i += 1) {
    const { parts, userFrom } = gossip(random, 10 + (i % 15));
    handedOver += codec.encode(parts, { checksum: true, userFrom }).length;
    made += real.encode(parts, { checksum: true, userFrom }).length;
  }
  expect(Math.abs(handedOver / made - 1)).toBeLessThan(0.06);
});

test('what another codec made is taken apart', () => {
  const datagram = real.encode([Uint8Array.of(99), encodePacketMessage({ type: 'nack', seqNo: 7 })], {
    checksum: true,
  });
  const { messages, rejected } = new HandOverCodec(WIRE).decode(datagram);
  expect([messages, rejected.map(({ reason }) => reason)]).toEqual([[{ type: 'nack', seqNo: 7 }], ['unknown-type']]);
});
