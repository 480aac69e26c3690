import { describe, expect, test } from '@jest/globals';
import { KeyRing } from '../keyring/key-ring.js';
import { addChecksum } from './checksum.js';
import { encodeCompound } from './compound.js';
import { compressIfSmaller } from './compression.js';
import { compressLzw } from './lzw.js';
import { encodePacketMessage } from './memberlist-codec.js';
import type { PacketMessage } from './memberlist-message.js';
import { PacketCodec } from './packet-codec.js';
import type { WireOptions } from './wire-options.js';
import { KEY_128, KEY_256, VECTORS, VECTOR_NONCE, hex } from './wire-vectors.test.data.js';

function codec(options: Partial<WireOptions> = {}): PacketCodec {
  const defaults = { compression: true, verifyIncoming: true, verifyOutgoing: true };
  return new PacketCodec({ ...defaults, ...options }, { nonce: () => VECTOR_NONCE });
}
const ping = (seqNo: number): PacketMessage => ({ type: 'ping', node: '', seqNo });
const bytesOf = (seqNo: number): Uint8Array => encodePacketMessage(ping(seqNo));
const refused = (reason: string) => ({ messages: [], rejected: [{ type: 'rejected', reason }] });
const taken = (...messages: unknown[]) => ({ messages, rejected: [] });
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

const K256 = new KeyRing([KEY_256]);
const encrypted = codec({ keyring: K256 });
const plain = codec();

describe('datagrams of real agents', () => {
  const types = (datagram: Uint8Array, by = plain): unknown => {
    const { messages, rejected } = by.decode(datagram);
    expect(rejected).toEqual([]);
    return messages.map((message) => (message.type === 'user' ? `user ${message.payload[0]}` : message.type));
  };

  test('T8: a ping and the suspicion beside it', () => {
    expect(plain.decode(VECTORS.T8.bytes)).toMatchObject(
      taken(
        { type: 'ping', node: 'old1', seqNo: 9, source: { node: 'mid2b', port: 7946 } },
        { type: 'suspect', node: 'old1', from: 'mid2b', incarnation: 1 },
      ),
    );
  });

  test('T11: three parts behind a checksum', () => {
    expect(types(VECTORS.T11.bytes)).toEqual(['alive', 'alive', 'user 1']);
  });

  test('T12: four parts, compressed, behind a checksum', () => {
    expect(plain.decode(VECTORS.T12.bytes)).toMatchObject(
      taken({ node: 'new3' }, { node: 'mid2' }, { node: 'old1' }, { type: 'user' }),
    );
  });

  test.each([
    ['T7', VECTORS.T7, 'suspect'],
    ['T9', VECTORS.T9, 'dead'],
    ['T10', VECTORS.T10, 'alive'],
    ['T13', VECTORS.T13, 'user 1'],
    ['T14', VECTORS.T14, 'user 0'],
    ['T15', VECTORS.T15, 'user 0'],
    ['T16', VECTORS.T16, 'user 3'],
    ['T17', VECTORS.T17, 'user 4'],
    ['T18', VECTORS.T18, 'user 4'],
    ['T19', VECTORS.T19, 'user 5'],
    ['T20', VECTORS.T20, 'user 9'],
    ['T21', VECTORS.T21, 'user 5'],
  ])('%s is taken', (_, { bytes }, type) => {
    expect(types(bytes)).toEqual([type]);
  });

  test('T28, T29 and T32: encrypted, in either version', () => {
    expect(encrypted.decode(VECTORS.T28.bytes)).toMatchObject(taken({ node: 'eo1', seqNo: 1 }));
    expect(encrypted.decode(VECTORS.T29.bytes)).toMatchObject(taken({ node: 'lc1', seqNo: 1 }));
    expect(types(VECTORS.T32.bytes, encrypted)).toEqual(['user 5']);
  });

  test('T33: with a label', () => {
    expect(codec({ label: 'pool-a' }).decode(VECTORS.T33.bytes)).toMatchObject(taken({ node: 'la1', seqNo: 1 }));
  });
});

describe('datagrams made by hand, which real agents took', () => {
  const K128 = new KeyRing([KEY_128]);
  test.each([
    ['T2', VECTORS.T2, 42, {}],
    ['T25: encrypted', VECTORS.T25, 48, { keyring: K256 }],
    ['T26: encrypted as in protocol 1', VECTORS.T26, 49, { keyring: K256, encryptionVersion: 0 }],
    ['T27: a key of 16 bytes', VECTORS.T27, 50, { keyring: K128 }],
    ['T34: label and encryption', VECTORS.T34, 52, { keyring: K256, label: 'pool-a' }],
  ] as const)('%s is read, and written byte for byte', (_, { bytes }, seqNo, options) => {
    const pool = codec({ compression: false, ...options });
    expect(pool.decode(bytes)).toEqual(taken(ping(seqNo)));
    expect(pool.encode([bytesOf(seqNo)], { checksum: false })).toEqual(bytes);
  });

  test('T38: compressed although it does not pay', () => {
    expect(plain.decode(VECTORS.T38.bytes)).toEqual(taken(ping(44)));
    expect(compressLzw(bytesOf(44))).toEqual(VECTORS.T38.bytes.slice(13));
  });

  test('T39: compressed by literals alone', () => {
    expect(plain.decode(VECTORS.T39.bytes)).toEqual(taken(ping(45)));
  });

  test('T40: checksum, compression and compound', () => {
    const compressed = VECTORS.T40.bytes.slice(5);
    expect(plain.decode(VECTORS.T40.bytes)).toEqual(taken(ping(46), ping(47)));
    expect(addChecksum(compressed)).toEqual(VECTORS.T40.bytes);
    expect(compressLzw(encodeCompound([bytesOf(46), bytesOf(47)]))).toEqual(compressed.slice(15));
  });
});

describe('encoding', () => {
  const parts = Array.from({ length: 20 }, (_, i) => bytesOf(i));
  const pings = parts.map((_, i) => ping(i));

  test.each([
    ['plain', {}],
    ['without compression', { compression: false }],
    ['encrypted', { keyring: K256 }],
    ['encrypted as in protocol 1', { keyring: K256, encryptionVersion: 0 }],
    ['labelled', { label: 'pool-a' }],
    ['labelled and encrypted', { label: 'pool-a', keyring: K256 }],
  ] as const)('%s parts come back', (_, options) => {
    const pool = codec(options);
    expect(pool.decode(pool.encode(parts, { checksum: true }))).toEqual(taken(...pings));
    expect(pool.decode(pool.encode(parts, { checksum: false }))).toEqual(taken(...pings));
  });

  test('compression is used only where it pays', () => {
    expect(plain.encode([bytesOf(42)], { checksum: false })).toEqual(VECTORS.T2.bytes);
    const large = plain.encode(parts, { checksum: false });
    expect(large[0]).toBe(9);
    expect(large.length).toBeLessThan(encodeCompound(parts).length);
  });

  test.each([
    [{}, 0],
    [{ label: 'pool-a' }, 8],
    [{ keyring: K256 }, 29],
    [{ keyring: K256, encryptionVersion: 0 }, 45],
    [{ keyring: K256, verifyOutgoing: false }, 0],
    [{ label: 'pool-a', keyring: K256 }, 37],
  ] as const)('what %j adds is known beforehand', (options, overheadBytes) => {
    const pool = codec({ compression: false, ...options });
    expect(pool.overheadBytes).toBe(overheadBytes);
    // 16 bytes pad to 32.
    const part = encodePacketMessage({ type: 'user', payload: new Uint8Array(15) });
    expect(pool.encode([part], { checksum: false })).toHaveLength(16 + overheadBytes);
  });

  test('128 parts are refused, 127 are not', () => {
    const many = Array.from({ length: 127 }, (_, i) => bytesOf(i));
    expect(plain.decode(plain.encode(many, { checksum: true })).messages).toHaveLength(127);
    expect(() => plain.encode([...many, bytesOf(0)], { checksum: false })).toThrow(RangeError);
  });
});

describe('T42: what must be dropped', () => {
  const labelled = codec({ label: 'pool-a', keyring: K256 });
  test.each([
    ['a checksum that does not fit', plain, flipped(VECTORS.T7.bytes, 2), 'checksum'],
    ['bytes that do not fit the checksum', plain, flipped(VECTORS.T12.bytes, 100), 'checksum'],
    ['a checksum cut short', plain, VECTORS.T7.bytes.slice(0, 4), 'checksum'],
    [
      'another key',
      codec({ keyring: new KeyRing([KEY_256.map((byte) => byte ^ 1)]) }),
      VECTORS.T25.bytes,
      'encryption',
    ],
    ['additional data that is not there', labelled, hex(`f406706f6f6c2d61${hexOf(VECTORS.T25.bytes)}`), 'encryption'],
    ['additional data that is left out', encrypted, VECTORS.T34.bytes.slice(8), 'encryption'],
    ['plaintext in an encrypted pool', encrypted, VECTORS.T1.bytes, 'encryption'],
    ['a checksum around encryption', encrypted, addChecksum(VECTORS.T25.bytes), 'encryption'],
    ['encryption of a version to come', encrypted, Uint8Array.of(2, ...VECTORS.T25.bytes.slice(1)), 'encryption'],
    ['a block shorter than any', encrypted, VECTORS.T25.bytes.slice(0, 28), 'encryption'],
    ['a label where there is none', plain, VECTORS.T33.bytes, 'label'],
    ['no label where there is one', codec({ label: 'pool-a' }), VECTORS.T1.bytes, 'label'],
    ['another label', codec({ label: 'pool-b' }), VECTORS.T33.bytes, 'label'],
    ['a label cut short', codec({ label: 'pool-a' }), VECTORS.T33.bytes.slice(0, 6), 'label'],
    ['a checksum inside a compound', plain, encodeCompound([VECTORS.T7.bytes]), 'unknown-type'],
    ['compression of another kind', plain, flipped(VECTORS.T38.bytes, 7), 'compression'],
    ['compression without an end', plain, hex('0982a4416c676f00a3427566a400010822'), 'compression'],
    ['a float for an integer', plain, hex('0081a55365714e6fcb4045000000000000'), 'malformed'],
    ['nothing', plain, new Uint8Array(0), 'empty'],
    ['a compound without parts', plain, Uint8Array.of(7, 0), 'empty'],
  ])('%s', (_, pool, datagram, reason) => {
    expect(pool.decode(datagram)).toEqual(refused(reason));
  });

  test('a checksum inside compression', () => {
    const padded = addChecksum(encodePacketMessage({ type: 'user', payload: new Uint8Array(200) }));
    const compressed = compressIfSmaller(padded).slice();
    expect(compressed[0]).toBe(9);
    expect(plain.decode(compressed)).toEqual(refused('unknown-type'));
  });
});

describe('damage and malice', () => {
  test('a cut tail loses only the parts that do not fit', () => {
    const whole = encodeCompound([bytesOf(1), bytesOf(2), bytesOf(3)]);
    expect(plain.decode(whole.slice(0, -1))).toEqual({
      messages: [ping(1), ping(2)],
      rejected: [{ type: 'rejected', reason: 'truncated' }],
    });
    expect(plain.decode(whole.slice(0, 5))).toEqual(refused('truncated'));
  });

  test('an empty part and an unknown message spoil nothing but themselves', () => {
    const datagram = encodeCompound([new Uint8Array(0), bytesOf(1), Uint8Array.of(99, 1)]);
    expect(plain.decode(datagram)).toEqual({
      messages: [ping(1)],
      rejected: [
        { type: 'rejected', reason: 'empty' },
        { type: 'rejected', reason: 'unknown-type' },
      ],
    });
  });

  test('wrappers nest four deep and no deeper', () => {
    let datagram = bytesOf(1);
    for (let depth = 0; depth < 4; depth += 1) datagram = encodeCompound([datagram]);
    expect(plain.decode(datagram)).toEqual(taken(ping(1)));
    expect(plain.decode(encodeCompound([datagram]))).toEqual(refused('too-deep'));
  });

  test('a datagram has 255 parts at most, over all its compounds', () => {
    const inner = encodeCompound(Array.from({ length: 127 }, () => bytesOf(1)));
    const { messages, rejected } = plain.decode(encodeCompound([inner, inner, inner]));
    expect(messages.length).toBeLessThanOrEqual(255);
    expect(rejected).toContainEqual({ type: 'rejected', reason: 'too-many-parts' });
  });

  test('compressed parts expand to 256 KiB together, and no further', () => {
    const bomb = (bytes: number) =>
      compressIfSmaller(encodePacketMessage({ type: 'user', payload: new Uint8Array(bytes - 1) })).slice();
    expect(plain.decode(bomb(262_144)).messages).toHaveLength(1);
    expect(plain.decode(bomb(262_145))).toEqual(refused('too-large'));
    const two = plain.decode(encodeCompound([bomb(200_000), bomb(200_000)]));
    expect(two.messages).toHaveLength(1);
    expect(two.rejected).toEqual([{ type: 'rejected', reason: 'too-large' }]);
  });

  test('a padding of a length that cannot be is refused', () => {
    const odd = codec({ keyring: K256, compression: false });
    const block = odd.encode([new Uint8Array(16).fill(17)], { checksum: false });
    // The same bytes as a block of version 0, whose last byte then is the length of the padding.
    expect(odd.decode(Uint8Array.of(0, ...block.subarray(1)))).toEqual(refused('encryption'));
  });
});

describe('while encryption is being introduced', () => {
  const lenient = codec({ keyring: K256, verifyIncoming: false, verifyOutgoing: false });

  test('plaintext and encrypted packets are both taken', () => {
    expect(lenient.decode(VECTORS.T2.bytes)).toEqual(taken(ping(42)));
    expect(lenient.decode(VECTORS.T25.bytes)).toEqual(taken(ping(48)));
  });

  test('what is sent stays plain until outgoing verification is on', () => {
    expect(lenient.encode([bytesOf(42)], { checksum: false })).toEqual(VECTORS.T2.bytes);
  });
});

test('any key of the ring opens, the primary one encrypts, and changes count at once', () => {
  const keyring = new KeyRing([KEY_128, KEY_256]);
  const pool = codec({ keyring, compression: false });
  expect(pool.decode(VECTORS.T25.bytes)).toEqual(taken(ping(48)));
  keyring.use(KEY_256);
  expect(pool.encode([bytesOf(48)], { checksum: false })).toEqual(VECTORS.T25.bytes);
  keyring.remove(KEY_128);
  expect(pool.decode(VECTORS.T27.bytes)).toEqual(refused('encryption'));
});

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
