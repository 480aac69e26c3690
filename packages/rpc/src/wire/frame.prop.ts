import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FrameProblem } from './frame.js';
import { encodeFrameHeader, encodeTextFrame, FrameDecoder, FrameKind } from './frame.js';

const EVERY = Object.values(FrameKind);

/** Feeds `bytes` cut at the given lengths, round and round, until they are used up or refused. */
function decode(bytes: Buffer, cuts: readonly number[], allowed: readonly FrameKind[] = EVERY) {
  const frames: (readonly [FrameKind, string])[] = [];
  const decoder = new FrameDecoder(allowed, (kind, payload) => frames.push([kind, payload.toString('latin1')]));
  let problem: FrameProblem | undefined;
  for (let at = 0, i = 0; at < bytes.length && problem === undefined; i += 1) {
    const length = cuts[i % cuts.length] ?? bytes.length;
    problem = decoder.push(bytes.subarray(at, at + length));
    at += length;
  }
  return { frames, problem };
}

const ascii = fc.string({ maxLength: 300, unit: 'binary-ascii' });
const texts = fc.array(fc.tuple(fc.constantFrom(FrameKind.message, FrameKind.failure), ascii), { maxLength: 20 });
const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 10 });

describe('frames', () => {
  test('come out as they went in, however the bytes are cut', () => {
    fc.assert(
      fc.property(texts, cuts, (written, lengths) => {
        const bytes = Buffer.concat(written.map(([kind, text]) => encodeTextFrame(kind, text) as Buffer));
        expect(decode(bytes, lengths)).toEqual({ frames: written, problem: undefined });
      }),
    );
  });

  test('of bytes come out whole, though not in their pieces', () => {
    fc.assert(
      fc.property(fc.array(ascii, { maxLength: 20 }), cuts, (chunks, lengths) => {
        const bytes = Buffer.concat(
          chunks.flatMap((chunk) => [encodeFrameHeader(FrameKind.bytes, chunk.length), Buffer.from(chunk, 'latin1')]),
        );
        const { frames, problem } = decode(bytes, lengths);
        expect(problem).toBeUndefined();
        expect(frames.map(([, payload]) => payload).join('')).toBe(chunks.join(''));
      }),
    );
  });

  test('never throw on garbage, and take nothing after they refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), cuts, (garbage, lengths) => {
        const decoder = new FrameDecoder([FrameKind.message], () => undefined);
        let refused = false;
        for (let at = 0, i = 0; at < garbage.length; i += 1) {
          const length = lengths[i % lengths.length] ?? 1;
          const problem = decoder.push(Buffer.from(garbage.subarray(at, at + length)));
          if (refused) expect(problem).toBe('malformed');
          refused ||= problem !== undefined;
          at += length;
        }
      }),
    );
  });

  test('of a kind that is not allowed are malformed, and one that is too large is refused by its header alone', () => {
    const failure = encodeTextFrame(FrameKind.failure, '{}') as Buffer;
    expect(decode(failure, [100], [FrameKind.message])).toEqual({ frames: [], problem: 'malformed' });
    for (const [kind, limit] of [
      [FrameKind.message, 4 * 1024 * 1024],
      [FrameKind.failure, 64 * 1024],
      [FrameKind.end, 0],
    ] as const) {
      expect(decode(encodeFrameHeader(kind, limit), [5]).problem).toBeUndefined();
      expect(decode(encodeFrameHeader(kind, limit + 1), [5]).problem).toBe('too-large');
    }
    expect(encodeTextFrame(FrameKind.end, 'x')).toBeUndefined();
  });
});
