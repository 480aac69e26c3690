import { describe, expect, test } from '@jest/globals';
import { decodePacketMessage, encodePacketMessage, encodeStreamMessage } from './memberlist-codec.js';
import type { AliveMessage, PacketMessage } from './memberlist-message.js';
import { decodeTags } from './tags.js';
import { VECTORS, hex } from './wire-vectors.test.data.js';

const nothing = new Uint8Array(0);
const ip = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const versions = {
  protocolMin: 1,
  protocolMax: 5,
  protocolCurrent: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCurrent: 5,
};
/** Behind the checksum. */
const CHECKSUM_BYTES = 5;

const alive: AliveMessage = {
  type: 'alive',
  incarnation: 2,
  node: 'new3',
  address: ip(127, 77, 1, 3),
  port: 7946,
  meta: hex('ff83a4726f6c65a3776562a2617aa27a31a178a179'),
  versions,
};

const captured: readonly (readonly [string, Uint8Array, PacketMessage])[] = [
  [
    'T1 ping',
    VECTORS.T1.bytes,
    {
      type: 'ping',
      node: 'mid2',
      seqNo: 1,
      source: { address: ip(127, 77, 1, 1), node: 'old1', port: 7946 },
    },
  ],
  ['T2 minimal ping', VECTORS.T2.bytes, { type: 'ping', node: '', seqNo: 42 }],
  ['T3 ack', VECTORS.T3.bytes, { type: 'ack', seqNo: 1, payload: VECTORS.T3.bytes.slice(13, 143) }],
  ['T4 ack without payload', VECTORS.T4.bytes, { type: 'ack', seqNo: 6, payload: nothing }],
  [
    'T5 indirect ping',
    VECTORS.T5.bytes,
    {
      type: 'indirect-ping',
      nack: true,
      node: 'old1',
      port: 7946,
      seqNo: 6,
      target: ip(127, 77, 1, 1),
      source: { address: ip(127, 77, 1, 2), node: 'mid2b', port: 7946 },
    },
  ],
  ['T6 nack', VECTORS.T6.bytes, { type: 'nack', seqNo: 6 }],
  [
    'T7 suspect',
    VECTORS.T7.bytes.slice(CHECKSUM_BYTES),
    { type: 'suspect', from: 'new4', incarnation: 1, node: 'old1' },
  ],
  ['T9 dead', VECTORS.T9.bytes.slice(CHECKSUM_BYTES), { type: 'dead', from: 'mid2', incarnation: 1, node: 'mid2' }],
  ['T10 alive', VECTORS.T10.bytes.slice(CHECKSUM_BYTES), alive],
  [
    'T13 user message',
    VECTORS.T13.bytes.slice(CHECKSUM_BYTES),
    { type: 'user', payload: hex('0182a54c54696d6501a44e6f6465a46d696432') },
  ],
];

describe('messages of real agents', () => {
  test.each(captured)('%s has the fields listed', (_, bytes, message) => {
    expect(decodePacketMessage(bytes)).toEqual(message);
  });

  test.each(captured)('%s is written byte for byte as the agents do', (_, bytes, message) => {
    expect(encodePacketMessage(message)).toEqual(bytes);
  });

  test('T10: the metadata holds the tags listed', () => {
    expect(decodeTags(alive.meta)).toEqual({ role: 'web', az: 'z1', x: 'y' });
  });
});

describe('what agents accept though none writes it', () => {
  test.each([
    ['fields in any order', '0082a55365714e6f2aa44e6f6465a0'],
    ['a body in list form, in the order of declaration', '00922aa0'],
    ['unknown fields of any type', '0084a17881a179920102a17acb3ff8000000000000a55365714e6f2aa44e6f6465a0'],
    ['nil for the zero', '0082a44e6f6465c0a55365714e6f2a'],
    ['missing fields', '0081a55365714e6f2a'],
    ['a signed number that is not negative', '0082a44e6f6465a0a55365714e6fd1002a'],
    ['a number wider than needed', '0082a44e6f6465a0a55365714e6fcf000000000000002a'],
    ['str8', '0082a44e6f6465d900d9055365714e6f2a'],
    ['bin for text', '0082a44e6f6465c400a55365714e6f2a'],
    ['bytes after the body', '0082a44e6f6465a0a55365714e6f2aff00'],
    ['the last of a repeated field', '0082a55365714e6f07a55365714e6f2a'],
    ['a source without port as none', '0082a55365714e6f2aaa536f7572636541646472a47f4d0101'],
  ])('%s', (_, bytes) => {
    expect(decodePacketMessage(hex(bytes))).toEqual({ type: 'ping', node: '', seqNo: 42 });
  });

  test.each([
    ['a list of small integers', '96010502020505'],
    ['bin', 'c406010502020505'],
    ['more than six', 'a801050202050509ff'],
  ])('version bytes as %s', (_, vsn) => {
    const bytes = Buffer.from(encodePacketMessage(alive)).toString('hex').replace('a6010502020505', vsn);
    expect(decodePacketMessage(hex(bytes))).toEqual(alive);
  });
});

describe('what is refused', () => {
  test.each([
    ['a float where an integer belongs', '0081a55365714e6fcb4045000000000000', 'malformed'],
    ['a negative number', '0081a55365714e6fff', 'out-of-range'],
    ['a number beyond 32 bits', '0081a55365714e6fcf0000000100000000', 'out-of-range'],
    ['a body cut short', '0082a44e6f6465a0a55365714e6f', 'truncated'],
    ['a length beyond the end', '0081a44e6f6465db7fffffff', 'truncated'],
    ['a count beyond the end', '00dfffffffff', 'too-large'],
    ['no message', '', 'empty'],
    ['a type that has no message of its own', '0c00000000', 'unknown-type'],
    ['an address of five bytes', '0482a44e6f6465a161a441646472a50102030405', 'malformed'],
    ['nesting without end', `0081a178${'91'.repeat(20)}c0`, 'too-deep'],
  ])('%s', (_, bytes, reason) => {
    expect(decodePacketMessage(hex(bytes))).toEqual({ type: 'rejected', reason });
  });

  test('field names in another case are unknown', () => {
    expect(decodePacketMessage(hex('0081a57365716e6f2a'))).toEqual({ type: 'ping', node: '', seqNo: 0 });
  });
});

test.each(['a0', 'c0', 'a50105020205'])('version bytes %s leave the versions absent', (vsn) => {
  const bytes = Buffer.from(encodePacketMessage(alive)).toString('hex').replace('a6010502020505', vsn);
  const { versions: _, ...rest } = alive;
  expect(decodePacketMessage(hex(bytes))).toEqual(rest);
});

test('an alive message without versions is never written, and the next message is whole', () => {
  const { versions: _, ...rest } = alive;
  expect(() => encodePacketMessage(rest)).toThrow(RangeError);
  expect(encodePacketMessage({ type: 'nack', seqNo: 6 })).toEqual(VECTORS.T6.bytes);
});

test('T37: a user message on a stream says how long it is', () => {
  const payload = VECTORS.T37.bytes.slice(14);
  expect(encodeStreamMessage({ type: 'user', payload })).toEqual(VECTORS.T37.bytes);
});
