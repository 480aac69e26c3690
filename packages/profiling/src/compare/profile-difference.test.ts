import { describe, expect, test } from '@jest/globals';
import { encodePprof } from '../stack/pprof-encoder.js';
import { decodeProfile } from '../testing/decode-profile.js';
import { SAMPLE_PROFILE, frame } from '../testing/sample-profile.js';
import { profileDifference, scaledTo } from './profile-difference.js';
import { topFunctions } from './top-functions.js';

describe('profileDifference', () => {
  test('stacks with their growth; those that did not change are left out', () => {
    const [first, second, third] = SAMPLE_PROFILE.samples;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three samples');
    const gone = { stack: [frame('gone')], values: [4, 40], labels: { thread: 'main' } };
    const base = { ...SAMPLE_PROFILE, samples: [{ ...first, values: [1, 10] }, second, gone] };
    const { samples, comments } = profileDifference(base, SAMPLE_PROFILE);
    expect(samples).toEqual([{ ...first, values: [2, 20] }, third, { ...gone, values: [-4, -40] }]);
    expect(comments).toEqual(['difference to a profile of 2023-11-14T22:13:20.000Z', 'a comment']);
  });

  test('a profile does not differ from itself', () => {
    expect(profileDifference(SAMPLE_PROFILE, SAMPLE_PROFILE).samples).toEqual([]);
  });

  test('a capture of half the time counts double', () => {
    const base = { ...SAMPLE_PROFILE, durationMs: 300 };
    expect(scaledTo(base, SAMPLE_PROFILE).samples.map(({ values }) => values)).toEqual([
      [6, 60],
      [2, 20],
      [4, 40],
    ]);
    expect(scaledTo({ ...base, durationMs: 0 }, SAMPLE_PROFILE).samples).toEqual(SAMPLE_PROFILE.samples);
  });

  test('what grew and what shrank survives the encoding', async () => {
    const base = { ...SAMPLE_PROFILE, samples: [{ stack: [frame('gone')], values: [4, 40] }] };
    const { samples } = decodeProfile(await encodePprof(profileDifference(base, SAMPLE_PROFILE)));
    expect(samples.map(({ values }) => values[1])).toEqual([30, 10, 20, -40]);
  });

  test('profiles of different kinds are refused', () => {
    const heap = { ...SAMPLE_PROFILE, sampleTypes: [{ type: 'inuse_space', unit: 'bytes' }] };
    expect(() => profileDifference(heap, SAMPLE_PROFILE)).toThrow(
      'profiles of different kinds cannot be compared: one has inuse_space/bytes, the other samples/count, cpu/nanoseconds',
    );
  });
});

describe('topFunctions', () => {
  test('flat is the innermost frame, cumulative any, each function once per stack', () => {
    const recursive = { stack: [frame('r'), frame('r'), frame('serve', 'src/b.ts')], values: [1, 5] };
    expect(topFunctions({ ...SAMPLE_PROFILE, samples: [...SAMPLE_PROFILE.samples, recursive] })).toEqual({
      type: 'cpu',
      unit: 'nanoseconds',
      total: 65,
      functions: [
        { functionName: 'hot', file: 'src/a.ts', flat: 50, cumulative: 50 },
        { functionName: 'serve', file: 'src/b.ts', flat: 10, cumulative: 45 },
        { functionName: 'r', file: 'src/a.ts', flat: 5, cumulative: 5 },
      ],
    });
  });
});
