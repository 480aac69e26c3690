import { describe, expect, test } from '@jest/globals';
import {
  decodeConflictResponse,
  decodeCoordinate,
  decodeKeyRequest,
  decodeKeyResponse,
  decodeSerfMessage,
  encodeConflictResponse,
  encodeCoordinate,
  encodeKeyRequest,
  encodeKeyResponse,
  encodeSerfMessage,
} from './serf-codec.js';
import type { QueryMessage, SerfMessage } from './serf-message.js';
import { encodeText } from './text.js';
import { VECTORS, hex } from './wire-vectors.test.data.js';

const nothing = new Uint8Array(0);
const address = Uint8Array.of(127, 77, 1, 3);
const query: QueryMessage = {
  type: 'query',
  lTime: 1,
  id: 1688445582,
  address,
  port: 7946,
  sourceNode: 'new3',
  filters: [],
  ackRequested: true,
  noBroadcast: false,
  relayFactor: 0,
  timeoutMs: 2000,
  name: 'uptime',
  payload: encodeText('hello'),
};

/** The serf message in a captured datagram, behind `checksum` and the user type. */
const after = (bytes: Uint8Array, wrapperBytes: number): Uint8Array => bytes.subarray(wrapperBytes);

const captured: readonly (readonly [string, Uint8Array, SerfMessage])[] = [
  ['T13 join intent', after(VECTORS.T13.bytes, 6), { type: 'join', lTime: 1, node: 'mid2' }],
  ['T14 leave intent', after(VECTORS.T14.bytes, 6), { type: 'leave', lTime: 2, node: 'mid2', prune: false }],
  ['T15 prune', after(VECTORS.T15.bytes, 6), { type: 'leave', lTime: 10, node: 'new4', prune: true }],
  [
    'T16 user event',
    after(VECTORS.T16.bytes, 6),
    { type: 'user-event', coalesce: true, lTime: 1, name: 'deploy', payload: encodeText('v1.2.3') },
  ],
  ['T17 query', after(VECTORS.T17.bytes, 6), query],
  [
    'T18 query with a tag filter',
    after(VECTORS.T18.bytes, 6),
    {
      ...query,
      filters: [{ type: 'tag', tag: 'role', expression: 'db' }],
      relayFactor: 2,
      lTime: 2,
      id: 1464304010,
      name: 'uptime2',
      payload: encodeText('hi'),
    },
  ],
  [
    'T19 query ack',
    after(VECTORS.T19.bytes, 1),
    { type: 'query-response', ack: true, from: 'new3', id: 1688445582, lTime: 1, payload: nothing },
  ],
  [
    'T20 relay',
    after(VECTORS.T20.bytes, 1),
    {
      type: 'relay',
      address,
      port: 7946,
      nodeName: 'new3',
      message: encodeSerfMessage({
        type: 'query-response',
        ack: true,
        from: 'mid2',
        id: 1464304010,
        lTime: 2,
        payload: nothing,
      }),
    },
  ],
];

describe('messages of real agents', () => {
  test.each(captured)('%s has the fields listed', (_, bytes, message) => {
    expect(decodeSerfMessage(bytes)).toEqual(message);
  });

  /** A Go int64 beyond 127 is written signed by newer agents; the unsigned form is what older ones write. */
  const unsignedTimeout = (bytes: Uint8Array): Uint8Array =>
    hex(Buffer.from(bytes).toString('hex').replace('d277359400', 'ce77359400'));

  test.each(captured)('%s is written byte for byte as the agents do', (_, bytes, message) => {
    expect(encodeSerfMessage(message)).toEqual(unsignedTimeout(bytes));
  });

  test('T21: the record in an answer to a name conflict', () => {
    const response = decodeSerfMessage(after(VECTORS.T21.bytes, 1));
    const payload = response.type === 'query-response' ? response.payload : nothing;
    const member = {
      name: 'old1',
      address: Uint8Array.of(127, 77, 1, 1),
      port: 7946,
      tags: {},
      status: 1,
      protocolMin: 1,
      protocolMax: 5,
      protocolCurrent: 2,
      delegateMin: 2,
      delegateMax: 5,
      delegateCurrent: 5,
    };
    expect(decodeConflictResponse(payload)).toEqual(member);
    expect(encodeConflictResponse(member)).toEqual(payload);
  });

  test('the ring of 512 empty event slots is no event', () => {
    const slots = 'dc0200' + 'c0'.repeat(512);
    const bytes = hex(`0286aa4576656e744c54696d6501a64576656e7473${slots}a54c54696d6501ab4c6566744d656d62657273c0`);
    const rest = hex('aa51756572794c54696d6501ac5374617475734c54696d657381a46d69643200');
    expect(decodeSerfMessage(Buffer.concat([bytes, rest]))).toEqual({
      type: 'push-pull',
      lTime: 1,
      eventLTime: 1,
      queryLTime: 1,
      statusLTimes: new Map([['mid2', 0]]),
      leftMembers: [],
      events: [],
    });
  });
});

describe('what would harm other agents', () => {
  test.each(['_serf_install-key', '_serf_use-key', '_serf_remove-key', '_serf_list-keys'])(
    '%s without payload is neither sent nor taken',
    (name) => {
      const harmful = { ...query, name, payload: nothing };
      expect(() => encodeSerfMessage(harmful)).toThrow(RangeError);
      // The same name with one letter changed goes through, and is changed back in the bytes.
      const bytes = encodeSerfMessage({ ...harmful, name: name.replace('_serf_', '_serf.') });
      const received = Buffer.from(Buffer.from(bytes).toString('latin1').replace('_serf.', '_serf_'), 'latin1');
      expect(decodeSerfMessage(received)).toEqual({ type: 'rejected', reason: 'malformed' });
    },
  );

  test('an empty filter spoils its query', () => {
    const bytes = encodeSerfMessage({ ...query, filters: [{ type: 'node', names: [] }] });
    const empty = hex(Buffer.from(bytes).toString('hex').replace('91a20090', '91a0'));
    expect(decodeSerfMessage(empty)).toEqual({ type: 'rejected', reason: 'malformed' });
  });

  test('an unknown filter is taken as excluding everybody, and never written', () => {
    const bytes = encodeSerfMessage({ ...query, filters: [{ type: 'node', names: [] }] });
    const unknown = hex(Buffer.from(bytes).toString('hex').replace('91a20090', '91a20990'));
    expect(decodeSerfMessage(unknown)).toMatchObject({ filters: [{ type: 'unknown' }] });
    expect(() => encodeSerfMessage({ ...query, filters: [{ type: 'unknown' }] })).toThrow(RangeError);
  });
});

test('a Lamport time beyond 2^53 - 1 is refused, one below goes through', () => {
  const bytes = encodeSerfMessage({ type: 'join', lTime: Number.MAX_SAFE_INTEGER, node: 'a' });
  expect(decodeSerfMessage(bytes)).toEqual({ type: 'join', lTime: Number.MAX_SAFE_INTEGER, node: 'a' });
  const larger = hex(Buffer.from(bytes).toString('hex').replace('cf001f', 'cf0020'));
  expect(decodeSerfMessage(larger)).toEqual({ type: 'rejected', reason: 'out-of-range' });
});

test('bytes without a message, or of an unknown one, are rejected', () => {
  expect(decodeSerfMessage(nothing)).toEqual({ type: 'rejected', reason: 'empty' });
  expect(decodeSerfMessage(Uint8Array.of(6, 0xc0))).toEqual({ type: 'rejected', reason: 'unknown-type' });
});

describe('payloads', () => {
  test('of key queries and their answers survive the trip', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
    expect(decodeKeyRequest(encodeKeyRequest(key))).toEqual(key);
    expect(encodeKeyRequest(nothing)).toEqual(hex('0781a34b6579a0'));
    const response = { result: true, message: 'two', keys: ['a2V5', 'b3Ro'], primaryKey: 'a2V5' };
    expect(decodeKeyResponse(encodeKeyResponse(response))).toEqual(response);
    expect(decodeKeyResponse(encodeKeyRequest(key))).toBeUndefined();
  });

  test('a member that is not known is told from an answer that cannot be read', () => {
    expect(decodeConflictResponse(encodeConflictResponse(undefined))).toBe('unknown');
    expect(decodeConflictResponse(hex('06a0'))).toBeUndefined();
    expect(decodeConflictResponse(nothing)).toBeUndefined();
  });

  test('T3: a coordinate has its four parts, to the bit', () => {
    const payload = VECTORS.T3.bytes.slice(13, 143);
    const block = { vec: [0, 0, 0, 0, 0, 0, 0, 0], error: 1.5, adjustment: 0, height: 1e-5 };
    expect(decodeCoordinate(payload)).toEqual(block);
    expect(encodeCoordinate(block)).toEqual(payload);
    expect(decodeCoordinate(Uint8Array.of(2, ...payload.subarray(1)))).toBeUndefined();
  });
});
