import { expect, test } from '@jest/globals';
import { decodeTags, encodeTags } from './tags.js';
import { encodeText } from './text.js';
import { VECTORS, hex } from './wire-vectors.test.data.js';

const nomad = {
  build: '1.11.0',
  dc: 'dc1',
  expect: '3',
  id: '11111111-2222-3333-4444-555555555555',
  port: '4647',
  raft_vsn: '3',
  region: 'global',
  revision: 'abc',
  role: 'nomad',
  rpc_addr: '10.0.0.1',
  vsn: '1',
};

test('T35: the tags of a Nomad server, byte for byte', () => {
  expect(decodeTags(VECTORS.T35.bytes)).toEqual(nomad);
  expect(encodeTags(nomad)).toEqual(VECTORS.T35.bytes);
});

test('no tags are a map without entries', () => {
  expect(encodeTags({})).toEqual(hex('ff80'));
  expect(decodeTags(hex('ff80'))).toEqual({});
});

test.each([
  ['', ''],
  ['web', 'web'],
])('metadata %j without the mark is the role', (meta, role) => {
  expect(decodeTags(encodeText(meta))).toEqual({ role });
});

test('512 bytes of tags are taken, 513 refused on either side', () => {
  const fits = { a: 'v'.repeat(512 - 1 - 1 - 2 - 3) };
  expect(decodeTags(encodeTags(fits))).toEqual(fits);
  expect(() => encodeTags({ a: `${fits.a}v` })).toThrow(
    expect.objectContaining({
      code: 'GOSSIP_TAGS_TOO_LARGE',
      message: 'Encoded length of tags exceeds limit of 512 bytes',
    }),
  );
  expect(decodeTags(new Uint8Array(513))).toBeUndefined();
});

test('more than 64 tags, or a broken map, are no tags', () => {
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`${i}`, '']));
  expect(decodeTags(encodeTags(many))).toBeUndefined();
  expect(decodeTags(hex('ff81a161'))).toBeUndefined();
});

test('a tag may have the name of a property that all objects have', () => {
  const tags = decodeTags(hex('ff81a95f5f70726f746f5f5fa178'));
  expect(Object.entries(tags ?? {})).toEqual([['__proto__', 'x']]);
});
