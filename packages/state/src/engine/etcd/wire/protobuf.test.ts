import { describe, expect, test } from '@jest/globals';
import { LeaseReply, RangeResponse, TxnRequest, WatchResponse } from './etcd-messages.js';
import { MessageCodec } from './protobuf.js';

describe('MessageCodec', () => {
  test('writes what the protocol says, byte for byte, and leaves defaults out', () => {
    const encoded = TxnRequest.encode({
      compare: [{ target: 1, key: 'k', createRevision: 300 }],
      success: [{ put: { key: 'a', value: '' } }],
      failure: [],
    });
    expect(encoded.toString('hex')).toBe('0a0810011a016b28ac02120512030a0161');
  });

  test('reads back numbers of all sizes, repeated and nested messages; skips what it does not know', () => {
    const wide = new MessageCodec<{ id: bigint; ttl: number; more: string; nested: readonly { a: number }[] }>({
      id: { number: 2, kind: 'int64' },
      ttl: { number: 3, kind: 'int' },
      more: { number: 900, kind: 'text' },
      nested: {
        number: 4,
        kind: () => new MessageCodec<{ a: number }>({ a: { number: 1, kind: 'int' } }) as never,
        repeated: true,
      },
    });
    const message = { id: -(2n ** 63n), ttl: 2 ** 53 - 1, more: 'ä', nested: [{ a: 0 }, { a: 7 }] };
    const encoded = wide.encode(message);
    expect(wide.decode(encoded)).toEqual(message);
    expect(LeaseReply.decode(encoded)).toEqual({ id: message.id, ttl: message.ttl });
    expect(RangeResponse.decode(Buffer.alloc(0))).toEqual({ header: undefined, kvs: [], more: false });
  });

  test.each(['0a', '0aff01', '5a05', '18ffffffffffffffffffff7f', '28ffffffffffffff7f', '1a00', '0b', 'f90fff'])(
    'refuses bytes that are no message: %s',
    (hex) => {
      expect(() => WatchResponse.decode(Buffer.from(hex, 'hex'))).toThrow(RangeError);
    },
  );
});
