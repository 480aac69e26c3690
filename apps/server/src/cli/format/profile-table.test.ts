import { describe, expect, test } from '@jest/globals';
import type { StackProfile } from '@steppe/profiling';
import { growthTable, profileTable } from './profile-table.js';

const frame = (functionName: string, file: string) => ({ functionName, file, line: 1 });

const PROFILE: StackProfile = {
  sampleTypes: [
    { type: 'samples', unit: 'count' },
    { type: 'cpu', unit: 'nanoseconds' },
  ],
  periodType: { type: 'cpu', unit: 'nanoseconds' },
  period: 10_000_000,
  timeMs: 0,
  durationMs: 2_000,
  comments: [],
  samples: [
    { stack: [frame('hot', 'src/a.ts'), frame('serve', 'src/b.ts')], values: [75, 750_000_000] },
    { stack: [frame('(garbage collector)', '')], values: [25, 250_000_000] },
  ],
};

describe('profileTable', () => {
  test('functions by their own time, with their part of the whole', () => {
    expect(profileTable(PROFILE, 10)).toBe(
      [
        'cpu: 1s over 2s, 3 of 3 functions',
        'Flat   Flat%  Cum    Cum%   Function',
        '750ms  75.0%  750ms  75.0%  hot src/a.ts',
        '250ms  25.0%  250ms  25.0%  (garbage collector)',
        '0s     0.0%   750ms  75.0%  serve src/b.ts',
        '',
      ].join('\n'),
    );
    expect(profileTable(PROFILE, 1)).toMatch(/^cpu: 1s over 2s, 1 of 3 functions\nFlat .*\n750ms .*\n$/);
  });

  test('sizes are sizes, counts counts, and an empty profile is a line', () => {
    const bytes = { ...PROFILE, durationMs: 0, sampleTypes: [{ type: 'inuse_space', unit: 'bytes' }] };
    const samples = [{ stack: [frame('keep', 'src/a.ts')], values: [3_000_000] }];
    expect(profileTable({ ...bytes, samples }, 1)).toMatch(/^inuse_space: 2\.9 MiB, 1 of 1 functions\n.*\n2\.9 MiB /);
    const counts = { ...bytes, sampleTypes: [{ type: 'goroutine', unit: 'count' }] };
    expect(profileTable({ ...counts, samples: [] }, 5)).toBe('goroutine: 0, 0 of 0 functions\n');
  });
});

describe('growthTable', () => {
  test('what grew and what shrank, in parts of what was there', () => {
    const after = {
      ...PROFILE,
      samples: [{ stack: [frame('hot', 'src/a.ts'), frame('serve', 'src/b.ts')], values: [95, 950_000_000] }],
    };
    expect(growthTable(PROFILE, after, 2)).toBe(
      [
        'cpu: 1s and -50ms, 2 of 3 functions',
        'Growth  Growth%  Cum     Function',
        '-250ms  -25.0%   -250ms  (garbage collector)',
        '+200ms  20.0%    +200ms  hot src/a.ts',
        '',
      ].join('\n'),
    );
  });

  test('an earlier capture of half the time counts double', () => {
    expect(growthTable({ ...PROFILE, durationMs: 1_000 }, PROFILE, 0)).toBe('cpu: 2s and -1s, 0 of 3 functions\n');
  });

  test('profiles of different kinds are refused', () => {
    const heap = { ...PROFILE, sampleTypes: [{ type: 'inuse_space', unit: 'bytes' }] };
    expect(() => growthTable(heap, PROFILE, 5)).toThrow('profiles of different kinds cannot be compared');
  });
});
