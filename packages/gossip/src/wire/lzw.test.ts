import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compressLzw, decompressLzw } from './lzw.js';
import { encodeText } from './text.js';
import { LZW_VECTORS, hex } from './wire-vectors.test.data.js';

const LIMIT = 1_000_000;

/** Codes in a row, each as wide as the decoder expects after so many. */
function pack(...codes: number[]): Uint8Array {
  const bytes: number[] = [];
  let at = 0;
  let sinceClear = 0;
  for (const code of codes) {
    const width = [9, 10, 11].find((bits) => 257 + sinceClear < 1 << bits) ?? 12;
    for (let bit = 0; bit < width; bit += 1, at += 1) {
      bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (((code >> bit) & 1) << (at & 7));
    }
    sinceClear = code === 256 ? 0 : sinceClear + 1;
  }
  return Uint8Array.from(bytes);
}

/** Words of a small vocabulary, as gossip repeats itself. */
const repetitive = fc
  .array(fc.constantFrom('alive', 'Incarnation', 'a', '\0\0', 'role=web', '\xff'), { maxLength: 4000 })
  .map((words) => Uint8Array.from(Buffer.from(words.join(''), 'latin1')));

describe('LZW', () => {
  test.each(LZW_VECTORS)('T41: %j is compressed byte for byte as the agents do, and back', (text, compressed) => {
    expect(compressLzw(encodeText(text))).toEqual(hex(compressed));
    expect(decompressLzw(hex(compressed), LIMIT)).toEqual(encodeText(text));
  });

  test('every input comes back, beyond the size where the dictionary starts over', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 20_000 }), repetitive), (input) => {
        expect(Buffer.compare(decompressLzw(compressLzw(input), LIMIT) as Uint8Array, input)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  test('literals alone are valid, with a leading clear or without', () => {
    expect(decompressLzw(pack(256, 104, 105, 257), LIMIT)).toEqual(encodeText('hi'));
    expect(decompressLzw(pack(104, 105, 257), LIMIT)).toEqual(encodeText('hi'));
  });

  test('a full dictionary without a clear freezes: later codes still stand for what they did', () => {
    // 'a' and then each newest code: entry n is n - 256 letters long.
    const codes = [97, ...Array.from({ length: 3838 }, (_, i) => 258 + i), 4095, 258, 257];
    const output = decompressLzw(pack(...codes), 100_000_000) as Uint8Array;
    const expanded = Array.from({ length: 3839 }, (_, i) => i + 1).reduce((sum, n) => sum + n, 0);
    expect(output.length).toBe(expanded + 3839 + 2);
    expect(output.every((byte) => byte === 97)).toBe(true);
  });

  test.each([
    ['no end code', pack(256, 104, 105)],
    ['a code that no entry has', pack(256, 104, 300, 257)],
    ['an entry as the first code', pack(256, 258, 257)],
    ['nothing', new Uint8Array(0)],
  ])('%s is broken', (_, input) => {
    expect(decompressLzw(input, LIMIT)).toBe('broken');
  });

  test('output stops at the limit', () => {
    const bomb = compressLzw(new Uint8Array(LIMIT));
    expect(bomb.length).toBeLessThan(3000);
    expect(decompressLzw(bomb, LIMIT)).toHaveLength(LIMIT);
    expect(decompressLzw(bomb, LIMIT - 1)).toBe('too-large');
  });

  test('any bytes are decoded or refused within the limit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (input) => {
        const output = decompressLzw(input, 5000);
        expect(typeof output === 'string' || output.length <= 5000).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
