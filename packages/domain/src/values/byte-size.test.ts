import { expect, test } from '@jest/globals';
import { parseByteSize } from './byte-size.js';

test.each([
  ['1M', 1_048_576],
  ['512KiB', 524_288],
  ['10 MB', 10_485_760],
  ['1048576', 1_048_576],
  ['0', 0],
  ['1.5k', 1_536],
])('%s is %i bytes', (text, bytes) => expect(parseByteSize(text)).toBe(bytes));

test.each(['', 'M', '-1', '1X', '1MM', '99999999P'])('"%s" is refused by name', (text) => {
  expect(() => parseByteSize(text)).toThrow(
    expect.objectContaining({ code: 'BYTE_SIZE_INVALID', message: `can't parse byte size ${text}` }),
  );
});
