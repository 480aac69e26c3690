import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { KeyRing } from '../keyring/key-ring.js';
import { decodePacketMessage, encodePacketMessage } from './memberlist-codec.js';
import type { NodeVersions, PacketMessage, PushPullNode, StreamMessage } from './memberlist-message.js';
import { MsgpackReader } from './msgpack-reader.js';
import { MsgpackWriter } from './msgpack-writer.js';
import { PacketCodec } from './packet-codec.js';
import {
  decodeConflictResponse,
  decodeCoordinate,
  decodeKeyRequest,
  decodeKeyResponse,
  decodeSerfMessage,
  encodeSerfMessage,
} from './serf-codec.js';
import type { QueryFilter, SerfMessage } from './serf-message.js';
import { StreamCodec } from './stream-codec.js';
import { decodeTags, encodeTags } from './tags.js';
import { decodeText, encodeText } from './text.js';
import type { WireRejection } from './wire-rejection.js';
import { KEY_256, VECTORS } from './wire-vectors.test.data.js';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint8 = fc.integer({ min: 0, max: 0xff });
const lTime = fc.maxSafeNat();
/** Any bytes, as text. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => decodeText(bytes)),
);
const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 200, maxLength: 700 }));
const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);
const source = fc.record({ address, port: fc.integer({ min: 1, max: 0xffff }), node: text });
const versions: fc.Arbitrary<NodeVersions> = fc.record({
  protocolMin: uint8,
  protocolMax: uint8,
  protocolCurrent: uint8,
  delegateMin: uint8,
  delegateMax: uint8,
  delegateCurrent: uint8,
});
const type = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);

const ping = fc.record(
  { type: type('ping'), seqNo: uint32, node: text, source },
  { requiredKeys: ['type', 'seqNo', 'node'] },
);
const ack = fc.record({ type: type('ack'), seqNo: uint32, payload: bytes });
const user = fc.record({ type: type('user'), payload: bytes });
const packetMessage: fc.Arbitrary<PacketMessage> = fc.oneof(
  ping,
  ack,
  user,
  fc.record(
    {
      type: type('indirect-ping'),
      seqNo: uint32,
      target: address,
      port: uint16,
      node: text,
      nack: fc.boolean(),
      source,
    },
    { requiredKeys: ['type', 'seqNo', 'target', 'port', 'node', 'nack'] },
  ),
  fc.record({ type: type('nack'), seqNo: uint32 }),
  fc.record({ type: type('suspect'), incarnation: uint32, node: text, from: text }),
  fc.record({ type: type('dead'), incarnation: uint32, node: text, from: text }),
  fc.record({ type: type('alive'), incarnation: uint32, node: text, address, port: uint16, meta: bytes, versions }),
);
const pushPullNode: fc.Arbitrary<PushPullNode> = fc.record({
  name: text,
  address,
  port: uint16,
  meta: bytes,
  incarnation: uint32,
  state: fc.constantFrom('alive', 'suspect', 'dead', 'left'),
  versions,
});
const streamMessage: fc.Arbitrary<StreamMessage> = fc.oneof(
  ping,
  ack,
  user,
  fc.record({ type: type('error'), error: text }),
  fc.record({
    type: type('push-pull'),
    join: fc.boolean(),
    nodes: fc.array(pushPullNode, { maxLength: 20 }),
    userState: bytes,
  }),
);
const filter: fc.Arbitrary<QueryFilter> = fc.oneof(
  fc.record({ type: type('node'), names: fc.array(text, { maxLength: 20 }) }),
  fc.record({ type: type('tag'), tag: text, expression: text }),
);
const serfMessage: fc.Arbitrary<SerfMessage> = fc.oneof(
  fc.record({ type: type('leave'), lTime, node: text, prune: fc.boolean() }),
  fc.record({ type: type('join'), lTime, node: text }),
  fc.record({
    type: type('push-pull'),
    lTime,
    eventLTime: lTime,
    queryLTime: lTime,
    statusLTimes: fc.array(fc.tuple(text, lTime)).map((entries) => new Map(entries)),
    leftMembers: fc.array(text),
    events: fc.array(fc.record({ lTime, events: fc.array(fc.record({ name: text, payload: bytes })) })),
  }),
  fc.record({ type: type('user-event'), lTime, name: text, payload: bytes, coalesce: fc.boolean() }),
  fc.record({
    type: type('query'),
    lTime,
    id: uint32,
    address,
    port: uint16,
    sourceNode: text,
    filters: fc.array(filter, { maxLength: 4 }),
    ackRequested: fc.boolean(),
    noBroadcast: fc.boolean(),
    relayFactor: uint8,
    timeoutMs: fc.integer({ min: 0, max: 300_000 }),
    name: text,
    payload: bytes,
  }),
  fc.record({ type: type('query-response'), lTime, id: uint32, from: text, ack: fc.boolean(), payload: bytes }),
  fc.record({ type: type('relay'), address, port: uint16, nodeName: text, message: bytes }),
);

const runs = { numRuns: 800 };
const wrapping = fc.record(
  {
    compression: fc.boolean(),
    verifyIncoming: fc.constant(true),
    verifyOutgoing: fc.constant(true),
    label: fc.constantFrom('', 'pool-a'),
    keyring: fc.constant(new KeyRing([KEY_256])),
    encryptionVersion: fc.constantFrom(0 as const, 1 as const),
  },
  { requiredKeys: ['compression', 'verifyIncoming', 'verifyOutgoing'] },
);

describe('what is written is read again', () => {
  test('any bytes as text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (input) => {
        expect(encodeText(decodeText(input))).toEqual(input);
      }),
      runs,
    );
  });

  test('every number an unsigned field takes', () => {
    fc.assert(
      fc.property(fc.oneof(lTime, uint32, uint16, uint8), (value) => {
        const reader = new MsgpackReader(new MsgpackWriter().uint(value).take());
        expect([reader.uint53(), reader.failure]).toEqual([value, undefined]);
      }),
      runs,
    );
  });

  test('every packet message', () => {
    fc.assert(
      fc.property(packetMessage, (message) => {
        expect(decodePacketMessage(encodePacketMessage(message))).toEqual(message);
      }),
      runs,
    );
  });

  test('every serf message', () => {
    fc.assert(
      fc.property(serfMessage, (message) => {
        expect(decodeSerfMessage(encodeSerfMessage(message))).toEqual(message);
      }),
      runs,
    );
  });

  test('every stream message, however it is wrapped and cut', () => {
    const direction = fc.constantFrom('request' as const, 'reply' as const);
    const chunkBytes = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(streamMessage, wrapping, direction, chunkBytes, (message, options, way, size) => {
        const codec = new StreamCodec(options);
        expect(readStream(codec, codec.encode(message, way), { way, size })).toEqual([message]);
      }),
      { numRuns: 600 },
    );
  });

  test('every packet of any messages, however it is wrapped', () => {
    const messages = fc.array(packetMessage, { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(messages, wrapping, fc.boolean(), (sent, options, checksum) => {
        const codec = new PacketCodec(options);
        const datagram = codec.encode(sent.map(encodePacketMessage), { checksum });
        expect(codec.decode(datagram)).toMatchObject({ messages: sent, rejected: [] });
      }),
      { numRuns: 300 },
    );
  });

  test('tags', () => {
    const short = fc.string({ unit: 'binary', maxLength: 20 });
    fc.assert(
      fc.property(fc.dictionary(short, short, { maxKeys: 5 }), (tags) => {
        expect(new Map(Object.entries(decodeTags(encodeTags(tags)) ?? {}))).toEqual(new Map(Object.entries(tags)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the old dialect', () => {
  test('holds no str8, bin, ext or float where there are none to be', () => {
    fc.assert(
      fc.property(packetMessage, (message) => {
        if (message.type === 'user') return;
        for (const form of formsOf(encodePacketMessage(message).subarray(1))) expect(FOREIGN_FORMS).not.toContain(form);
      }),
      runs,
    );
  });
});

/** bin, ext, floats, signed integers, fixed ext and str8. */
const FOREIGN_FORMS = [
  ...Array.from({ length: 8 }, (_, i) => 0xc4 + i),
  ...Array.from({ length: 10 }, (_, i) => 0xd0 + i),
];

/** First byte of every value in a map of plain values. */
function formsOf(body: Uint8Array): number[] {
  const reader = new MsgpackReader(body);
  const forms = [body[0] as number];
  for (let values = 2 * reader.map(); values > 0; values -= 1) {
    forms.push(body[reader.position] as number);
    reader.skip();
  }
  expect([reader.failure, reader.position]).toEqual([undefined, body.length]);
  return forms;
}

/** Valid input with some bytes changed, cut out or put in. */
const mutated = (seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> => {
  const change = fc.record({ at: fc.nat(), kind: fc.constantFrom('set', 'cut', 'insert'), value: uint8, many: uint8 });
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([seed, changes]) => {
      let input = Array.from(seed);
      for (const { at, kind, value, many } of changes) {
        const place = at % Math.max(1, input.length);
        if (kind === 'set') input[place] = value;
        else if (kind === 'cut') input = input.toSpliced(place, 1 + (many % 20));
        else input = input.toSpliced(place, 0, ...Array.from({ length: 1 + (many % 5) }, () => value));
      }
      return Uint8Array.from(input);
    });
};
const seeds = Object.values(VECTORS).map((vector) => vector.bytes);
/** Without the checksum, so that changes reach what is inside. */
const bare = seeds.map((seed) => (seed[0] === 12 ? seed.slice(5) : seed));
const hostile = fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated(bare), mutated(seeds));

describe('hostile input', () => {
  const codecs = [undefined, new KeyRing([KEY_256])].flatMap((keyring) =>
    ['', 'pool-a'].map((label) => ({
      compression: false,
      verifyIncoming: false,
      verifyOutgoing: true,
      label,
      ...(keyring && { keyring }),
    })),
  );

  test('as a datagram is taken or rejected, within the limits', () => {
    const pools = codecs.map((options) => new PacketCodec(options));
    fc.assert(
      fc.property(hostile, (datagram) => {
        for (const pool of pools) {
          const { messages, rejected } = pool.decode(datagram);
          expect(messages.length + rejected.length).toBeGreaterThanOrEqual(1);
          expect(messages.length).toBeLessThanOrEqual(256);
          for (const message of messages) if (message.type === 'user') read(message.payload);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test('as a stream is taken, rejected or waited for, the same however it is cut', () => {
    const pools = codecs.map((options) => new StreamCodec(options));
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 50 }), (stream, size) => {
        for (const pool of pools) {
          const whole = readStream(pool, stream, { way: 'request', size: Math.max(1, stream.length) });
          expect(readStream(pool, stream, { way: 'request', size })).toEqual(whole);
          expect(whole.length).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('as a serf message or payload is taken or refused', () => {
    const encoded = serfMessage.map((message) => encodeSerfMessage(message));
    fc.assert(
      fc.property(encoded, fc.nat(), uint8, (input, at, value) => {
        if (input.length > 0) input[at % input.length] = value;
        expect(typeof decodeSerfMessage(input).type).toBe('string');
        read(input);
      }),
      { numRuns: 1000 },
    );
  });

  /** None of these throws. */
  function read(payload: Uint8Array): void {
    decodeSerfMessage(payload);
    for (const decode of [decodeConflictResponse, decodeKeyRequest, decodeKeyResponse, decodeCoordinate, decodeTags]) {
      decode(payload);
    }
  }
});

function readStream(
  codec: StreamCodec,
  stream: Uint8Array,
  { way, size }: { readonly way: 'request' | 'reply'; readonly size: number },
): (StreamMessage | WireRejection)[] {
  const results: (StreamMessage | WireRejection)[] = [];
  const reader = codec.reader(way, (result) => results.push(result));
  for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
  return results;
}
