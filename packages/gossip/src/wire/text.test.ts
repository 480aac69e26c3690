import { describe, expect, test } from '@jest/globals';
import { decodeText, encodeText, isValidText, textByteLength } from './text.js';
import { hex } from './wire-vectors.test.data.js';

describe('text on the wire', () => {
  test.each(['', 'node-1.global', 'größer', '日本', '🐘 elephant', 'a'.repeat(300), '\0'])(
    '%j is ordinary UTF-8',
    (text) => {
      expect(encodeText(text)).toEqual(Uint8Array.from(Buffer.from(text)));
      expect(decodeText(encodeText(text))).toBe(text);
      expect(isValidText(text)).toBe(true);
    },
  );

  test.each([
    ['a lone byte', 'ff', '\udcff'],
    ['a sequence cut short', '61e282', 'a\udce2\udc82'],
    ['an overlong form', 'c080', '\udcc0\udc80'],
    ['an encoded surrogate', 'edb280', '\udced\udcb2\udc80'],
    ['a broken byte between good ones', 'c3a480f09f9098', 'ä\udc80🐘'],
  ])('%s is kept byte by byte', (_, bytes, text) => {
    expect(decodeText(hex(bytes))).toBe(text);
    expect(encodeText(text)).toEqual(hex(bytes));
    expect(textByteLength(text)).toBe(bytes.length / 2);
    expect(isValidText(text)).toBe(false);
  });

  test('a surrogate that stands for no byte goes out as the replacement character', () => {
    expect(encodeText('\ud800x')).toEqual(hex('efbfbd78'));
  });
});
