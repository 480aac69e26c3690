import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '@steppe/runtime';
import { KeyRing } from '../keyring/key-ring.js';
import { decodeConflictResponse, decodeKeyResponse, encodeKeyRequest } from '../wire/serf-codec.js';
import { encodeText } from '../wire/text.js';
import { INTERNAL_QUERY, InternalQueries } from './internal-queries.js';
import type { IncomingQuery } from './query-handler.js';
import { memberOf } from './testing/member-of.js';

const key = (fill: number): Buffer => Buffer.alloc(32, fill);

function ask(name: string, payload: Uint8Array, keyring?: KeyRing, maxBytes = 950): Uint8Array | undefined {
  let answer: Uint8Array | undefined;
  const query: IncomingQuery = {
    type: 'query',
    lTime: 1,
    name,
    payload,
    from: 'peer',
    deadlineMs: 1000,
    fits: (response) => response.length <= maxBytes,
    respond: (response) => {
      if (response.length > maxBytes) throw new Error('too large');
      answer = response;
    },
  };
  new InternalQueries({
    name: 'self',
    member: (wanted) => (wanted === 'm' ? memberOf('m', { status: 'failed' }) : undefined),
    keyring,
    logger: silentLogger,
  }).handle(query);
  return answer;
}
const askKeys = (name: string, payload: Uint8Array, keyring?: KeyRing) =>
  decodeKeyResponse(ask(name, payload, keyring) as Uint8Array);

describe('InternalQueries', () => {
  test('a ping and a query of unknown name get no answer', () => {
    expect(ask(INTERNAL_QUERY.ping, new Uint8Array())).toBeUndefined();
    expect(ask('_serf_future', new Uint8Array())).toBeUndefined();
  });

  test('in a conflict we tell what we know, and nothing about our own name', () => {
    const known = ask(INTERNAL_QUERY.conflict, encodeText('m')) as Uint8Array;
    expect(decodeConflictResponse(known)).toMatchObject({ name: 'm', port: 7946, status: 4, delegateCurrent: 5 });
    expect(decodeConflictResponse(ask(INTERNAL_QUERY.conflict, encodeText('x')) as Uint8Array)).toBe('unknown');
    expect(ask(INTERNAL_QUERY.conflict, encodeText('self'))).toBeUndefined();
  });

  test('keys are installed, used, listed and removed', () => {
    const keyring = new KeyRing([key(1)]);
    const done = expect.objectContaining({ result: true, message: '' });
    expect(askKeys(INTERNAL_QUERY.installKey, encodeKeyRequest(key(2)), keyring)).toEqual(done);
    expect(askKeys(INTERNAL_QUERY.useKey, encodeKeyRequest(key(2)), keyring)).toEqual(done);
    expect(askKeys(INTERNAL_QUERY.listKeys, encodeKeyRequest(new Uint8Array()), keyring)).toEqual({
      result: true,
      message: '',
      keys: [key(2).toString('base64'), key(1).toString('base64')],
      primaryKey: key(2).toString('base64'),
    });
    expect(askKeys(INTERNAL_QUERY.removeKey, encodeKeyRequest(key(1)), keyring)).toEqual(done);
    expect(keyring.keys).toEqual([key(2)]);
  });

  test.each<[string, Uint8Array, KeyRing | undefined, RegExp]>([
    [INTERNAL_QUERY.installKey, encodeKeyRequest(key(1)), undefined, /encryption not enabled/],
    [INTERNAL_QUERY.listKeys, encodeKeyRequest(new Uint8Array()), undefined, /encryption not enabled/],
    [INTERNAL_QUERY.installKey, Uint8Array.of(7, 0xc1), new KeyRing([key(1)]), /decode/],
    [INTERNAL_QUERY.installKey, encodeKeyRequest(Buffer.alloc(5)), new KeyRing([key(1)]), /key size/],
    [INTERNAL_QUERY.useKey, encodeKeyRequest(key(9)), new KeyRing([key(1)]), /not in the keyring/],
    [INTERNAL_QUERY.removeKey, encodeKeyRequest(key(1)), new KeyRing([key(1)]), /primary key/],
    [
      INTERNAL_QUERY.installKey,
      encodeKeyRequest(key(2)),
      new KeyRing([key(1)], {
        store: {
          load: () => undefined,
          save: () => {
            throw new Error('EROFS');
          },
        },
      }),
      /EROFS/,
    ],
  ])('%s reports why it failed', (name, payload, keyring, message) =>
    expect(askKeys(name, payload, keyring)).toMatchObject({ result: false, message: expect.stringMatching(message) }),
  );

  test('a list that does not fit is cut and says so', () => {
    const keyring = new KeyRing(Array.from({ length: 60 }, (_, i) => key(i)));
    const answer = askKeys(INTERNAL_QUERY.listKeys, encodeKeyRequest(new Uint8Array()), keyring);
    expect(answer?.keys.length).toBeLessThan(40);
    expect(answer?.message).toBe(`Truncated key list response, showing first ${answer?.keys.length} of 60 keys`);
    expect(answer?.primaryKey).toBe(key(0).toString('base64'));
  });
});
