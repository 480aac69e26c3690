import { describe, expect, test } from '@jest/globals';
import { KeyRing } from '../keyring/key-ring.js';
import { compressIfSmaller } from './compression.js';
import type { PushPullMessage, StreamMessage } from './memberlist-message.js';
import { decodeSerfMessage } from './serf-codec.js';
import { StreamCodec } from './stream-codec.js';
import type { StreamCodecOptions, StreamDirection } from './stream-codec.js';
import { decodeTags } from './tags.js';
import type { WireRejection } from './wire-rejection.js';
import { KEY_256, VECTORS, VECTOR_NONCE, hex } from './wire-vectors.test.data.js';

function codec(options: Partial<StreamCodecOptions> = {}): StreamCodec {
  const defaults = { compression: false, verifyIncoming: true, verifyOutgoing: true };
  return new StreamCodec({ ...defaults, ...options }, { nonce: () => VECTOR_NONCE });
}

/** What is made of a stream that comes in chunks of `chunkBytes`; `undefined` when it stays incomplete. */
function read(
  pool: StreamCodec,
  stream: Uint8Array,
  {
    direction = 'request',
    chunkBytes = stream.length,
  }: { readonly direction?: StreamDirection; readonly chunkBytes?: number } = {},
): StreamMessage | WireRejection | undefined {
  const results: (StreamMessage | WireRejection)[] = [];
  const reader = pool.reader(direction, (result) => results.push(result));
  for (let at = 0; at < stream.length; at += chunkBytes) reader.push(stream.subarray(at, at + chunkBytes));
  expect(results.length).toBeLessThanOrEqual(1);
  return results[0];
}

const keyring = new KeyRing([KEY_256]);
const versions = {
  protocolMin: 1,
  protocolMax: 5,
  protocolCurrent: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCurrent: 5,
};
const userState = VECTORS.T24.bytes.slice(115);
const pushPull: PushPullMessage = {
  type: 'push-pull',
  join: true,
  nodes: [
    {
      name: 'node-a',
      address: Uint8Array.of(127, 77, 7, 90),
      port: 7946,
      meta: hex('ff82a26463a3646331a4726f6c65a3776562'),
      incarnation: 1,
      state: 'alive',
      versions,
    },
  ],
  userState,
};
const nodeB: PushPullMessage = {
  ...pushPull,
  nodes: pushPull.nodes.map((node) => ({ ...node, name: 'node-b', address: Uint8Array.of(127, 77, 7, 91) })),
  userState: hex(Buffer.from(userState).toString('hex').replace('6e6f64652d61', '6e6f64652d62')),
};

describe('streams of real agents', () => {
  test('T4: the answer to a fallback ping', () => {
    const ack = { type: 'ack', seqNo: 6, payload: new Uint8Array(0) };
    expect(read(codec(), VECTORS.T4.bytes, { direction: 'reply' })).toEqual(ack);
  });

  test('T22: a compressed fallback ping', () => {
    expect(read(codec(), VECTORS.T22.bytes)).toMatchObject({ type: 'ping', node: 'old1', seqNo: 6 });
  });

  test('T23: a compressed join', () => {
    const message = read(codec(), VECTORS.T23.bytes) as PushPullMessage;
    expect(message).toMatchObject({ join: true, nodes: [{ name: 'mid2', incarnation: 1, state: 'alive', versions }] });
    expect(message.userState).toHaveLength(588);
    expect(decodeSerfMessage(message.userState)).toMatchObject({
      lTime: 1,
      eventLTime: 1,
      queryLTime: 1,
      events: [],
      statusLTimes: new Map([['mid2', 0]]),
    });
  });

  test('T31: an encrypted join', () => {
    const message = read(codec({ keyring }), VECTORS.T31.bytes) as PushPullMessage;
    expect(message).toMatchObject({ join: true, nodes: [{ name: 'em2' }] });
    expect(message.userState).toHaveLength(587);
  });
});

describe('streams made by hand, which real agents took', () => {
  const ping54: StreamMessage = { type: 'ping', node: '', seqNo: 54 };
  const event: StreamMessage = { type: 'user', payload: VECTORS.T37.bytes.slice(14) };
  const cases = [
    ['T24: a join', VECTORS.T24, pushPull, {}],
    ['T30: an encrypted join', VECTORS.T30, nodeB, { keyring }],
    ['T36: a ping with label and encryption', VECTORS.T36, ping54, { keyring, label: 'pool-a' }],
    ['T37: a user message', VECTORS.T37, event, {}],
  ] as const;

  test.each(cases)('%s is read, and written byte for byte', (_, { bytes }, message, options) => {
    expect(read(codec(options), bytes)).toEqual(message);
    expect(codec(options).encode(message, 'request')).toEqual(bytes);
  });

  test.each(cases)(
    '%s is read from single bytes as well, and not one of them early',
    (_, { bytes }, message, options) => {
      expect(read(codec(options), bytes, { chunkBytes: 1 })).toEqual(message);
      expect(read(codec(options), bytes.slice(0, -1), { chunkBytes: 1 })).toBeUndefined();
    },
  );

  test('the tags and the state of T24 are those listed', () => {
    expect(decodeTags(pushPull.nodes[0]?.meta as Uint8Array)).toEqual({ dc: 'dc1', role: 'web' });
    expect(decodeSerfMessage(userState)).toMatchObject({ statusLTimes: new Map([['node-a', 0]]) });
  });
});

describe('a stream', () => {
  const many: PushPullMessage = {
    ...pushPull,
    nodes: Array.from({ length: 300 }, (_, i) => ({
      ...(pushPull.nodes[0] as PushPullMessage['nodes'][0]),
      name: `node-${i}`,
      state: (['alive', 'suspect', 'dead', 'left'] as const)[i % 4] ?? 'alive',
    })),
  };

  test.each([
    ['plain', {}],
    ['compressed', { compression: true }],
    ['encrypted', { keyring }],
    ['encrypted as in protocol 1', { keyring, encryptionVersion: 0 as const }],
    ['labelled, compressed and encrypted', { keyring, label: 'pool-a', compression: true }],
  ])('%s carries 300 nodes in either direction, however it is cut', (_, options) => {
    for (const direction of ['request', 'reply'] as const) {
      const stream = codec(options).encode(many, direction);
      expect(read(codec(options), stream, { direction, chunkBytes: 1000 })).toEqual(many);
      expect(read(codec(options), stream, { direction, chunkBytes: 7 })).toEqual(many);
    }
  });

  test('ends with its message: what follows is ignored', () => {
    const stream = Buffer.concat([VECTORS.T24.bytes, VECTORS.T24.bytes]);
    expect(read(codec(), stream, { chunkBytes: 100 })).toEqual(pushPull);
  });

  test('carries an error reply in words', () => {
    const error: StreamMessage = { type: 'error', error: 'größer als erlaubt' };
    expect(read(codec(), codec().encode(error, 'reply'), { direction: 'reply' })).toEqual(error);
  });

  test('leaves out entries that mean nothing, and keeps the rest', () => {
    const bytes = Buffer.from(VECTORS.T24.bytes).toString('hex');
    const header = bytes.slice(0, bytes.indexOf('87a4')).replace('a54e6f64657301', 'a54e6f64657304');
    const node = bytes.slice(bytes.indexOf('87a4'), -2 * userState.length);
    const noState = node.replace('a5537461746500', 'a5537461746509');
    const noAddress = node.replace('a47f4d075a', 'a37f4d07');
    const noVersions = node.replace('a6010502020505', 'a20105');
    const state = bytes.slice(-2 * userState.length);
    const message = read(codec(), hex(header + noState + noAddress + noVersions + node + state)) as PushPullMessage;
    const { versions: _, ...rest } = pushPull.nodes[0] as PushPullMessage['nodes'][0];
    expect(message.nodes).toEqual([rest, pushPull.nodes[0]]);
  });
});

describe('what is refused', () => {
  const labelled = codec({ label: 'pool-a' });
  test.each([
    ['another label', codec({ label: 'pool-b' }), VECTORS.T36.bytes, 'label'],
    ['a label where there is none', codec({ keyring }), VECTORS.T36.bytes, 'label'],
    ['no label where there is one', labelled, VECTORS.T24.bytes, 'label'],
    ['a negative count of nodes', codec(), hex('0681a54e6f646573ff'), 'out-of-range'],
    ['a huge count of nodes', codec(), hex('0681a54e6f646573ce00020001'), 'too-large'],
    ['a negative size of state', codec(), hex('0681ac5573657253746174654c656eff'), 'out-of-range'],
    ['a huge size of state', codec(), hex('0681ac5573657253746174654c656ece01400001'), 'too-large'],
    ['a huge user message', codec(), hex('0881aa557365724d73674c656ece01400001'), 'too-large'],
    ['a huge name', codec(), hex('0081a44e6f6465db00100000'), 'too-large'],
    ['a message that is for datagrams only', codec(), hex('0483'), 'unknown-type'],
    ['compression within compression', codec(), nested(), 'unknown-type'],
  ])('%s, without a reply', (_, pool, stream, reason) => {
    expect(read(pool, stream)).toEqual({ type: 'rejected', reason });
    expect(read(pool, stream, { chunkBytes: 1 })).toEqual({ type: 'rejected', reason });
  });

  const otherKey = new KeyRing([KEY_256.map((byte) => byte ^ 1)]);
  test.each([
    ['a frame larger than any', codec({ keyring }), hex('0a01400001'), 'too-large'],
    ['another key', codec({ keyring: otherKey }), VECTORS.T30.bytes, 'encryption'],
    ['plaintext in an encrypted pool', codec({ keyring }), VECTORS.T24.bytes, 'encryption'],
    ['encryption in a plain pool', codec(), VECTORS.T30.bytes, 'encryption-not-configured'],
    ['compression of another kind', codec(), hex('0982a4416c676f01a3427566a3000302'), 'compression'],
    ['compression without an end', codec(), hex('0982a4416c676f00a3427566a400010822'), 'compression'],
  ])('%s, with an explanation for the dialler', (_, pool, stream, reason) => {
    expect(read(pool, stream)).toEqual({ type: 'rejected', reason, errorReply: expect.stringMatching(/\w{4}/) });
  });

  test('compression that holds nothing, or only part of a message', () => {
    expect(read(codec(), hex('0982a4416c676f00a3427566a3000302'))).toEqual({ type: 'rejected', reason: 'empty' });
    expect(read(codec(), hex('0982a4416c676f00a3427566a400c30404'))).toEqual({
      type: 'rejected',
      reason: 'unknown-type',
    });
  });

  test('a message that expands beyond the limit', () => {
    const bomb = codec({ compression: true }).encode({ type: 'user', payload: new Uint8Array(100_000) }, 'request');
    expect(read(codec({ maxMessageBytes: 100_100 }), bomb)).toMatchObject({ type: 'user' });
    expect(read(codec({ maxMessageBytes: 50_000 }), bomb)).toMatchObject({ reason: 'too-large' });
  });

  test('a header that never ends, without reading it again and again', () => {
    const endless = Buffer.concat([hex('09df00100000'), Buffer.alloc(2_200_000, hex('a161'))]);
    expect(read(codec(), endless, { chunkBytes: 1400 })).toEqual({ type: 'rejected', reason: 'too-large' });
    expect(read(codec(), endless.fill(6, 0, 1), { chunkBytes: 1400 })).toEqual({
      type: 'rejected',
      reason: 'too-large',
    });
  });
});

/** A compressed message within a compressed message. */
function nested(): Uint8Array {
  const inner = codec({ compression: true }).encode({ type: 'user', payload: new Uint8Array(50_000) }, 'request');
  expect(inner[0]).toBe(9);
  const outer = compressIfSmaller(Buffer.concat([inner, new Uint8Array(5000)])).slice();
  expect(outer[0]).toBe(9);
  return outer;
}

test('while encryption is being introduced, plain and encrypted streams are both taken', () => {
  const lenient = codec({ keyring, verifyIncoming: false });
  expect(read(lenient, VECTORS.T24.bytes)).toEqual(pushPull);
  expect(read(lenient, VECTORS.T30.bytes)).toEqual(nodeB);
});
