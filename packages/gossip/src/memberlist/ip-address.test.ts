import { expect, test } from '@jest/globals';
import { addressOf, hostOf } from './ip-address.js';

test.each([
  ['10.1.2.3', 4],
  ['::', 16],
  ['::1', 16],
  ['2001:db8::1', 16],
  ['2001:db8:0:1:1:1:1:1', 16],
  ['2001:db8::1:0:0:1', 16],
  ['fe80::', 16],
  ['1:2:3:4:5:6:7:8', 16],
])('%s becomes %p bytes and the same text again', (text, length) => {
  const bytes = addressOf(text);
  expect(bytes).toHaveLength(length);
  expect(hostOf(bytes as Uint8Array)).toBe(text);
});

test('the longest run of zero groups is left out, the first of equal ones', () => {
  expect(hostOf(addressOf('1:0:0:2:0:0:0:3') as Uint8Array)).toBe('1:0:0:2::3');
  expect(hostOf(addressOf('1:0:0:2:3:0:0:4') as Uint8Array)).toBe('1::2:3:0:0:4');
  expect(hostOf(addressOf('10:0:0:100:1:1:1:1') as Uint8Array)).toBe('10::100:1:1:1:1');
});

test('an IPv4 address in 16 bytes is dialled as IPv4', () => {
  const mapped = addressOf('::ffff:10.1.2.3') as Uint8Array;
  expect(mapped).toHaveLength(16);
  expect(hostOf(mapped)).toBe('10.1.2.3');
});

test('what is no address has no bytes and no text', () => {
  expect(addressOf('example.org')).toBeUndefined();
  expect(hostOf(new Uint8Array(5))).toBeUndefined();
});
