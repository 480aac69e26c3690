import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/testing';
import { gunzipSync, gzipSync } from 'node:zlib';
import { SAMPLE_PROFILE } from '../testing/sample-profile.js';
import { decodePprof } from './pprof-decoder.js';
import { encodePprof } from './pprof-encoder.js';

describe('decodePprof', () => {
  test.each([undefined, 'samples'])('what was encoded comes back (default type %s)', async (defaultSampleType) => {
    const profile = { ...SAMPLE_PROFILE, ...(defaultSampleType === undefined ? {} : { defaultSampleType }) };
    const encoded = await encodePprof(profile);
    expect(decodePprof(encoded)).toEqual(profile);
    expect(decodePprof(gunzipSync(encoded))).toEqual(profile);
  });

  test.each([
    ['no profile', Buffer.from('Permission denied')],
    ['nothing', Buffer.alloc(0)],
    ['a cut gzip file', gzipSync('x'.repeat(1_000)).subarray(0, 15)],
  ])('%s is refused', (_, bytes) => {
    expect(() => decodePprof(bytes)).toThrow(expect.objectContaining({ code: 'PROFILE_FILE_INVALID' }));
  });

  test('a file that unpacks to more than it may is refused', () => {
    expect(() => decodePprof(gzipSync(Buffer.alloc(257 * 1_024 * 1_024)))).toThrow('not a profile');
  });

  test('changed bytes are decoded or refused, and nothing else', async () => {
    const bytes = gunzipSync(await encodePprof(SAMPLE_PROFILE));
    const random = new SeededRandom(1);
    let refused = 0;
    for (let i = 0; i < 2_000; i += 1) {
      const changed = Buffer.from(bytes);
      changed[Math.floor(random.next() * changed.length)] = Math.floor(random.next() * 256);
      try {
        expect(decodePprof(changed).sampleTypes.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toMatchObject({ code: 'PROFILE_FILE_INVALID' });
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(50);
  });
});
