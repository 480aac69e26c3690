import { describe, expect, test } from '@jest/globals';
import { goQuote, parseGoBool, parseGoInt } from './go-text.js';

test.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('%s is true', (text) => expect(parseGoBool(text)).toBe(true));
test.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('%s is false', (text) => expect(parseGoBool(text)).toBe(false));
test.each(['', 'no', 'yes', 'tRUE', '2', ' true'])('"%s" is no boolean', (text) => {
  expect(parseGoBool(text)).toBeUndefined();
});

describe('goQuote', () => {
  test.each([
    ['no', '"no"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\u0001\t\u001b', '"\\x01\\t\\x1b"'],
    ['\u200b\u{e0001}é', '"\\u200b\\U000e0001é"'],
  ])('%j', (text, quoted) => expect(goQuote(text)).toBe(quoted));
});

test.each([
  ['+3', 3n],
  ['007', 7n],
  ['-5', -5n],
  ['9223372036854775807', 9223372036854775807n],
  ['9223372036854775808', undefined],
  ['1.5', undefined],
  [' 3', undefined],
  ['0x3', undefined],
  ['1e3', undefined],
  ['', undefined],
])('parseGoInt(%j) is %s', (text, value) => expect(parseGoInt(text)).toBe(value));
